// On an exported page there is no kernel: each explorer gets its traits from the page itself,
// through this stand-in for the model that a notebook would give it.

// Base64 -> the bytes, as a DataView: what a binary trait is in a notebook.
function toBytes(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new DataView(bytes.buffer);
}

export class StandIn {
  constructor({ traits, binary }) {
    this.traits = { ...traits };
    for (const [name, text] of Object.entries(binary)) this.traits[name] = toBytes(text);
    this.heard = []; // [event, act]
  }

  get(name) {
    return this.traits[name];
  }

  // A change is told at once; there is nobody to save it for.
  set(name, value) {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    for (const [event, act] of [...this.heard]) if (event === `change:${name}`) act();
  }

  save_changes() {}

  on(events, act) {
    for (const event of events.split(" ")) this.heard.push([event, act]);
  }

  off(events, act) {
    const names = events.split(" ");
    this.heard = this.heard.filter(([event, other]) => !(names.includes(event) && other === act));
  }
}

// Every explorer on the page, from the data that stands in its place.
export function showExplorers(glom) {
  for (const place of document.querySelectorAll(".explorer")) {
    const given = JSON.parse(place.querySelector("script").textContent);
    place.replaceChildren();
    glom.render({ model: new StandIn(given), el: place });
  }
}
