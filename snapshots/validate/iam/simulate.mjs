// Asks a simulator of IAM what the policies of every template below a directory allow.
//
// usage: simulate.mjs TEMPLATES TABLE BUCKET_POLICY
//
// Exactly what the table says is allowed, and everything else is not: other actions, other resources,
// and the same in other accounts.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

import { ACCOUNT, Stack } from "./stack.mjs";
import { bucketRequests, resourceRequests } from "./resources.mjs";
import { roleRequests } from "./roles.mjs";
import { table } from "./table.mjs";

async function isAllowed(request) {
  const { principal, identityPolicies, resourcePolicy, action, resource, context } = request;
  // The ARN of a bucket does not say whose it is.
  const owner = resourcePolicy ? (request.owner ?? resource.split(":")[4]) : ACCOUNT;
  const simulation = {
    request: {
      principal,
      action,
      resource: { resource, accountId: owner },
      contextVariables: context,
    },
    identityPolicies: identityPolicies ?? [],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy,
  };
  // Without validation it is five times as fast, and knows no policies of resources.
  if (!resourcePolicy) return runUnsafeSimulation(simulation, {}) === "Allowed";
  const { errors, overallResult } = await runSimulation(simulation, {});
  if (errors) throw new Error(`${action} on ${resource}: ${JSON.stringify(errors)}`);
  return overallResult === "Allowed";
}

const counts = { true: 0, false: 0 };
const wrong = new Set();
const asked = new Set();

async function ask(requests, name) {
  for await (const request of requests) {
    // Templates have most of their policies in common, but for the stack's name.
    const question = JSON.stringify(request).replaceAll(name, "stack");
    if (asked.has(question)) continue;
    asked.add(question);
    const allowed = await isAllowed(request);
    counts[allowed] += 1;
    if (allowed === request.expected) continue;
    const { who, action, resource, context } = request;
    const may = allowed ? "may, and should not," : "may not, and should,";
    wrong.add(`${name}: ${who} ${may} ${action} on ${resource} (${JSON.stringify(context)})`);
  }
}

const [templates, tablePath, bucketPolicy] = process.argv.slice(2);
const paths = readdirSync(templates, { recursive: true })
  .filter((it) => it.endsWith(".template.json"))
  .map((it) => join(templates, it))
  .sort();
const rows = table(tablePath);
for (const path of paths) {
  const stack = new Stack(path);
  await ask(roleRequests(stack, rows), stack.name);
  await ask(resourceRequests(stack, rows), stack.name);
}
await ask(bucketRequests(JSON.parse(readFileSync(bucketPolicy, "utf8"))), "the bucket of the code");
for (const line of wrong) console.log(line);
console.log(
  `iam-simulate: ${wrong.size} findings in ${paths.length} templates, ` +
    `${counts.true} requests allowed, ${counts.false} denied`,
);
// A simulation that allows or denies everything has not looked.
process.exit(wrong.size > 0 || counts.true === 0 || counts.false === 0 ? 1 : 0);
