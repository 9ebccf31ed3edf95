// Draws the page from /openapi.json. Everything is made as text nodes, so nothing in the document can run.

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 12;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Text with `code` in it.
function prose(text) {
  const span = make("span");
  String(text ?? "").split("`").forEach((part, index) => {
    span.append(index % 2 ? make("code", {}, part) : part);
  });
  return span;
}

function operationsOf(spec) {
  const found = [];
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const method of METHODS) {
      if (methods[method]) found.push({ path, method: method.toUpperCase(), ...methods[method] });
    }
  }
  return found;
}

function drawNavigation(spec, operations) {
  const parts = [];
  for (const { name } of spec.tags) {
    const links = operations
      .filter((operation) => operation.tags.includes(name))
      .map((operation) => make("li", {}, make("a", { href: `#${operation.operationId}` }, operation.summary)));
    parts.push(make("h2", {}, name), make("ul", {}, ...links));
  }
  return parts;
}

function drawOperation(spec, operation) {
  return make(
    "section",
    { id: operation.operationId },
    make("h2", {}, operation.summary),
    make("p", {}, make("span", { class: "method" }, operation.method), make("code", {}, operation.path)),
    make("p", { class: "quiet" }, whoMayCall(operation)),
    drawParameters(operation.parameters),
    drawBody(spec, operation),
    drawResponses(spec, operation.responses),
  );
}

function whoMayCall({ security }) {
  if (!security.length) return "No key needed.";
  return security.some((way) => "key" in way) ? "With an API key." : "For the operator of the server only.";
}

function drawParameters(parameters) {
  if (!parameters.length) return null;
  const rows = parameters.map((parameter) =>
    make(
      "tr",
      {},
      make("td", {}, make("code", {}, parameter.name)),
      make("td", { class: "quiet" }, parameter.in),
      make("td", {}, prose(parameter.description)),
    ),
  );
  return make("div", {}, make("h3", {}, "Parameters"), make("table", {}, make("tbody", {}, ...rows)));
}

function drawBody(spec, operation) {
  const content = operation.requestBody?.content ?? {};
  const [type, body] = Object.entries(content)[0] ?? [];
  if (!body) return drawCurl(operation, null);
  const part = make("div", {}, make("h3", {}, "Request"));
  if (body.schema) part.append(drawSchema(spec, body.schema, "Body", 0));
  Object.entries(body.examples ?? {}).forEach(([name, example], index) => {
    const shown = index === 0 ? { open: "" } : {};
    part.append(make("details", shown, make("summary", {}, `Example: ${name}`), drawCurl(operation, example.value)));
  });
  if (!body.examples && type) part.append(drawCurl(operation, undefined));
  return part;
}

function drawCurl(operation, body) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [`curl -X ${operation.method} ${quote(location.origin + operation.path)}`];
  if (operation.security.length) lines.push(`  -H "Authorization: Bearer $TRUNKLINE_KEY"`);
  if (body !== null) lines.push("  -H 'Content-Type: application/json'");
  if (body) lines.push(`  -d ${quote(JSON.stringify(body, null, 2))}`);
  else if (body === undefined) lines.push("  -d @body.json");
  return make("pre", {}, lines.join(" \\\n"));
}

function drawResponses(spec, responses) {
  const rows = Object.entries(responses).map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const cell = make("td", {}, prose(response.description));
    if (schema && status < 300) cell.append(drawSchema(spec, schema, "Body", 0));
    return make("tr", {}, make("td", {}, make("code", {}, status)), cell);
  });
  return make("div", {}, make("h3", {}, "Answers"), make("table", {}, make("tbody", {}, ...rows)));
}

function resolve(spec, schema) {
  return schema.$ref ? spec.components.schemas[schema.$ref.split("/").pop()] : schema;
}

// A schema as nested lists; each level is drawn when it is opened.
function drawSchema(spec, given, label, depth) {
  const schema = resolve(spec, given);
  const line = [make("code", {}, label), " ", make("span", { class: "quiet" }, kindOf(spec, schema)), " "];
  if (schema.description) line.push(prose(schema.description));
  const inner = childrenOf(spec, schema);
  if (!inner.length || depth > DEEPEST) return make("div", {}, ...line);
  const details = make("details", {}, make("summary", {}, ...line));
  details.addEventListener("toggle", () => {
    if (!details.open || details.dataset.drawn) return;
    details.dataset.drawn = "yes";
    const items = inner.map(([name, child]) => make("li", {}, drawSchema(spec, child, name, depth + 1)));
    details.append(make("ul", { class: "members" }, ...items));
  });
  return details;
}

function childrenOf(spec, schema) {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties ?? {})
    .filter(([, child]) => child !== true)
    .map(([name, child]) => [required.has(name) ? `${name} *` : name, child]);
  const kinds = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]
    .filter((child) => resolve(spec, child).type !== "null")
    .filter((child) => resolve(spec, child).properties || resolve(spec, child).items || resolve(spec, child).title)
    .map((child, index) => [resolve(spec, child).title ?? `form ${index + 1}`, child]);
  const items = schema.items && typeof schema.items === "object" ? [["each", schema.items]] : [];
  return [...members, ...kinds, ...items];
}

function kindOf(spec, schema) {
  if (schema.enum) return schema.enum.filter((word) => word !== null).join(" | ");
  const words = [schema.type].flat().filter((type) => type && type !== "null");
  for (const child of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    words.push(...[resolve(spec, child).type].flat().filter((type) => type && type !== "null"));
  }
  const limits = [
    schema.maxLength && `at most ${schema.maxLength} characters`,
    schema.maxItems && `${schema.minItems ?? 0} to ${schema.maxItems}`,
    schema.maximum !== undefined && Math.abs(schema.maximum) < 2 ** 50 && `${schema.minimum} to ${schema.maximum}`,
    schema.format,
  ].filter(Boolean);
  return [[...new Set(words)].join(" or "), ...limits].filter(Boolean).join(", ");
}

async function draw() {
  const main = document.querySelector("main");
  const answer = await fetch("/openapi.json");
  if (!answer.ok) {
    main.replaceChildren(`openapi.json can not be loaded (${answer.status}).`);
    return;
  }
  const spec = await answer.json();
  const operations = operationsOf(spec);
  document.querySelector("nav").replaceChildren(...drawNavigation(spec, operations));
  const about = spec.info.description.split("\n\n").map((text) => make("p", {}, prose(text)));
  main.replaceChildren(...about, ...operations.map((operation) => drawOperation(spec, operation)));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

draw();
