// What a display tool shows, in place of its call: a chart, a table, a diagram, a document.
import { chartOf } from "../../render/chart.js";
import { diagramOf } from "../../render/diagram.js";
import { tableOf } from "../../render/table.js";
import { Chart } from "./chart.js";
import { Diagram } from "./diagram.js";
import { Document, documentOf } from "./document.js";
import { Table } from "./table.js";

const DISPLAYS = {
  show_chart: { read: chartOf, Show: Chart },
  show_diagram: { read: diagramOf, Show: Diagram },
  show_document: { read: documentOf, Show: Document },
  show_table: { read: tableOf, Show: Table },
};

/** `{Show, value}` for a call that can be shown, else `null`: then it is a call like any other. */
export function displayOf({ kind, name, status, arguments: given }) {
  if (kind !== "display" || status !== "succeeded" || !Object.hasOwn(DISPLAYS, name)) return null;
  const { read, Show } = DISPLAYS[name];
  const value = read(given);
  return value && { Show, value };
}
