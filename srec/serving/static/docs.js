// Draws the server's own OpenAPI document: the parameters and answers of each endpoint. It needs no library.

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const api = await (await fetch("openapi.json")).json();
const resolve = (schema) => (schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema);

function type(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum ?? schema.const) return (schema.enum ?? [schema.const]).map((one) => JSON.stringify(one)).join(" or ");
  if (schema.anyOf) return schema.anyOf.map(type).join(" or ");
  if (schema.type === "array") return `list of ${type(schema.items)}`;
  const limits = [
    schema.minimum === undefined ? "" : `≥ ${schema.minimum}`,
    schema.maximum === undefined ? "" : `≤ ${schema.maximum}`,
    schema.exclusiveMaximum === undefined ? "" : `< ${schema.exclusiveMaximum}`,
    schema.maxLength === undefined ? "" : `at most ${schema.maxLength} characters`,
  ].filter(Boolean).join(", ");
  return limits ? `${schema.type} (${limits})` : schema.type;
}

function table(rows) {
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", { textContent: cell }))));
  const head = element("tr", {}, ...["name", "type", "default", "meaning"].map((name) => element("th", { textContent: name, scope: "col" })));
  return element("div", { className: "wide" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

function fields(schema) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => [
    name, type(field), field.default === undefined ? (required.has(name) ? "required" : "") : JSON.stringify(field.default), field.description ?? "",
  ]);
}

function endpoint(method, path, about) {
  const made = element("section", { className: "endpoint" },
    element("h2", {}, element("span", { className: `method ${method}`, textContent: method.toUpperCase() }), path),
    element("p", { textContent: about.description ?? about.summary }));
  if (about.parameters?.length) {
    const rows = about.parameters.map((one) => [one.name, type(one.schema), one.required ? "required" : JSON.stringify(one.schema.default ?? null), one.description ?? one.schema.description ?? ""]);
    made.append(element("h3", { textContent: "Parameters" }), table(rows));
  }
  const body = resolve(about.requestBody?.content["application/json"].schema);
  if (body) {
    made.append(element("h3", { textContent: "Body" }), table(fields(body)));
    for (const example of body.examples ?? []) made.append(element("pre", { textContent: JSON.stringify(example) }));
  }
  for (const [status, answer] of Object.entries(about.responses)) {
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    made.append(element("h3", { textContent: `Answer ${status}: ${answer.description}` }));
    if (status === "200") for (const shape of shapes(schema)) made.append(...shape);
  }
  return made;
}

function shapes(schema, seen = new Set()) {
  const name = schema?.$ref ?? schema?.items?.$ref;
  if (!name || seen.has(name)) return [];
  seen.add(name);
  const shape = resolve({ $ref: name });
  const inner = Object.values(shape.properties ?? {}).flatMap((field) => shapes(field, seen));
  return [[element("p", { textContent: name.split("/").pop() }), table(fields(shape))], ...inner];
}

for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, about] of Object.entries(methods)) document.getElementById("endpoints").append(endpoint(method, path, about));
}
document.getElementById("endpoints").setAttribute("aria-busy", "false");
