// The table of who may do what, which `permissions` in snapshots/tests/it compares with the templates.

import { readFileSync } from "node:fs";

export function table(path) {
  const [, ...rows] = readFileSync(path, "utf8").trimEnd().split("\n");
  return rows.map((row) => {
    const [who, effect, action, resource, why] = row.split("\t");
    return { who, effect, action, resource, why };
  });
}

// What the table lets the policy `id` do: pairs of an action and a pattern of resources.
export function grants(rows, stack, id) {
  return rows.flatMap((row) => {
    const star = starOf(row.who, id);
    if (star === undefined || row.effect !== "Allow" || !isFor(row, stack)) return [];
    const resource = resourceOf(row.resource.replace("{}", star.replace(/Function$/, "")), stack);
    return resource === undefined ? [] : [{ ...row, resource }];
  });
}

export function matches(pattern, text) {
  const pieces = pattern.split("*").map((it) => it.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pieces.join(".*")}$`).test(text);
}

function starOf(who, id) {
  if (!who.startsWith("*")) return who === id ? "" : undefined;
  return id.endsWith(who.slice(1)) ? id.slice(0, -(who.length - 1)) : undefined;
}

// Rows that are about a choice of the account file count where it was made.
function isFor({ why }, stack) {
  const functions = stack.ids("AWS::Lambda::Function");
  const some = (property) => functions.some((id) => stack.property(id, property) !== undefined);
  if (why.startsWith("tracing")) return some("TracingConfig");
  const sources = why.match(/; source ([a-z, -]+)$/)?.[1].split(", ");
  if (sources) {
    const { Variables } = stack.template.Resources.CostFunction.Properties.Environment;
    const on = Variables.COST_SOURCES.split(",");
    if (Variables.ACTUAL_COSTS === "true") on.push("actual-costs");
    return on.some((it) => sources.includes(it));
  }
  const choice = { "hands on plans": "MITIGATION_FROM", "for limits in dollars": "AGENT_METERED" };
  const chosen = Object.keys(choice).find((it) => why.endsWith(it));
  if (chosen) {
    return choice[chosen] in stack.template.Resources.ResultFunction.Properties.Environment.Variables;
  }
  return !why.startsWith("Lambda in a VPC") || some("VpcConfig");
}

function resourceOf(text, stack) {
  if (text === "*" || text.startsWith("arn:")) return stack.resolve({ "Fn::Sub": text });
  const below = text.match(/^([A-Za-z0-9]+)\.Arn\/\*$/)?.[1];
  if (below in stack.template.Resources) return `${stack.arn(below)}/*`;
  const id = text.replace(/\.Arn$/, "");
  return id in stack.template.Resources ? stack.arn(id) : undefined;
}
