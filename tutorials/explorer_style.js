// How the page looks. Colors come from JupyterLab's theme: light or dark, as the notebook is.

const STYLE = `
.glom-explorer {
  --glom-ink: var(--jp-ui-font-color1, CanvasText);
  --glom-quiet: var(--jp-ui-font-color2, GrayText);
  --glom-line: var(--jp-border-color2, #8888);
  --glom-mark: #d0006f;
  color: var(--glom-ink);
  font: 13px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
  max-width: 1240px;
  padding: 6px;
  box-sizing: border-box;
}
.glom-explorer small { color: var(--glom-quiet); font-size: 11px; }
.glom-bar { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: center; margin-bottom: 8px; }
.glom-group { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; }
.glom-bar input[type="range"] { width: 120px; accent-color: var(--glom-mark); }
.glom-bar .glom-t { flex: 1 1 140px; width: auto; }
.glom-time { flex: 1 1 300px; }
.glom-step { min-width: 7em; font-weight: 600; font-variant-numeric: tabular-nums; }
.glom-play { min-width: 5.5em; padding: 2px 8px; cursor: pointer; }
.glom-mode { max-width: 100%; min-width: 0; }
.glom-stage { outline-offset: 3px; border-radius: 4px; }
.glom-stage:focus-visible, .glom-stage:focus { outline: 2px solid var(--glom-mark); }
.glom-panels { display: flex; gap: 14px; align-items: flex-start; }
.glom-stacked .glom-panels { flex-direction: column; gap: 10px; }
.glom-stacked .glom-control .glom-column { display: grid; grid-template-columns: auto auto; gap: 0 6px;
  width: auto; grid-auto-flow: column; grid-template-rows: auto auto auto; justify-content: start; }
.glom-stacked .glom-control .glom-between { grid-column: 2; grid-row: 1; align-self: end; }
.glom-stacked .glom-control .glom-cosine { grid-column: 2; grid-row: 2; }
.glom-wide { flex-basis: 100%; }
.glom-title { font-weight: 700; border-bottom: 2px solid var(--glom-line); margin-bottom: 4px; }
.glom-columns { display: flex; gap: 6px; }
.glom-column { width: var(--glom-tile); }
.glom-heading { height: 2.9em; line-height: 1.25; overflow: hidden; }
.glom-heading b { font-weight: 600; }
.glom-heading small { display: block; }
.glom-column.glom-current .glom-heading b { color: #fff; background: var(--glom-mark); padding: 0 4px; }
.glom-tile { display: block; width: var(--glom-tile); height: var(--glom-tall); cursor: crosshair;
  box-shadow: 0 0 0 1px var(--glom-line); }
.glom-caption { font-size: 11px; height: 2.8em; line-height: 1.3; padding-top: 2px; }
.glom-between { height: 1.5em; font-size: 11px; white-space: nowrap; color: var(--glom-quiet); }
.glom-legend { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; margin: 6px 0; font-size: 12px; }
.glom-scale { width: 220px; max-width: 100%; height: 26px; }
.glom-charts { display: flex; flex-wrap: wrap; gap: 10px 18px; }
.glom-figure { flex: 1 1 230px; min-width: 0; max-width: 420px; }
.glom-figure b { font-weight: 600; }
.glom-figure small { display: block; }
.glom-of-tree { flex: 2 1 380px; max-width: 820px; }
.glom-chart { display: block; width: 100%; height: 130px; cursor: pointer; }
.glom-tree { height: var(--glom-tree); }
.glom-armed .glom-tile { cursor: cell; }
.glom-asked { color: var(--glom-mark); font-weight: 600; }
.glom-mend { padding: 1px 10px; cursor: pointer; }
.glom-status { border-left: 3px solid var(--glom-mark); padding-left: 8px; margin: 8px 0 4px; min-height: 1.4em; }
.glom-keys { font-size: 11px; color: var(--glom-quiet); }
`;
