// Writes avatars as JSON, one a line: {"svg": the picture, "layers": [[name, svg], ...]} with the layers in drawing order.
// make_avatars.py calls it:  node make_avatars.mjs FOLDER < job.json   (FOLDER holds node_modules)
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const package_file = (...parts) =>
  pathToFileURL(join(resolve(process.argv[2]), "node_modules", "@dicebear", ...parts)).href;
const { createAvatar } = await import(package_file("core", "lib", "index.js"));
const style = await import(package_file("pixel-art", "lib", "index.js"));
const components = await import(package_file("pixel-art", "lib", "components", "index.js"));

// The order in which the style's create() draws; checked below against the picture itself.
const ORDER = ["accessories", "clothing", "eyes", "glasses", "beard", "mouth", "hair", "hat"];

const { seeds, options } = JSON.parse(readFileSync(0, "utf8"));
for (const seed of seeds) {
  const avatar = createAvatar(style, { ...options, seed }).toJson();
  const traits = avatar.extra;
  const colors = Object.fromEntries(
    [...ORDER, "skin"].map((name) => [name, traits[`${name}Color`]]),
  );
  const drawn = ORDER.filter((name) => traits[name]).map((name) => [
    name,
    components[name][traits[name]](traits, colors),
  ]);
  // Below the components lie two paths: head, neck and shoulders in the skin's color, then a pale veil over the head.
  const above = drawn.map(([, svg]) => svg).join("") + "</svg>";
  const skin = avatar.svg.slice(0, -above.length).match(/<path [^>]*\/>/g);
  if (!avatar.svg.endsWith(above) || skin?.length !== 2) {
    throw new Error(`seed ${seed}: the components do not add up to the picture; another DiceBear version?`);
  }
  const head = skin[1].replace(' fill-opacity=".1"', "");
  const layers = [["body", skin[0]], ["face", head], ...drawn];
  console.log(JSON.stringify({ svg: avatar.svg, layers }));
}
