// Asks the rules "AWS Solutions" of cdk-nag what they find in every template below a directory.
//
// usage: nag.mjs TEMPLATES
//
// Exactly that may be found which the template's metadata gives a reason for: a suppression that nothing
// needs any more is a mistake too. They are written as cdk-nag 2 writes them; version 3 reads none.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { App, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks } from "cdk-nag";

function findings(templateFile) {
  const app = new App();
  const stack = new Stack(app, "Template");
  new CfnInclude(stack, "It", { templateFile });
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${constructPath.split("/").pop()} ${ruleName}`),
  );
}

function declared(templateFile) {
  const resources = Object.entries(JSON.parse(readFileSync(templateFile, "utf8")).Resources);
  return resources.flatMap(([id, { Metadata }]) =>
    (Metadata?.cdk_nag?.rules_to_suppress ?? []).map((rule) => `${id} ${rule.id}`),
  );
}

const root = process.argv[2];
const templates = readdirSync(root, { recursive: true }).filter((it) => it.endsWith(".template.json"));
const wrong = [];
let suppressed = 0;
for (const template of templates.sort()) {
  const [found, reasons] = [findings(join(root, template)), declared(join(root, template))];
  suppressed += reasons.length;
  wrong.push(...found.filter((it) => !reasons.includes(it)).map((it) => `found: ${template} ${it}`));
  const unneeded = reasons.filter((it) => !found.includes(it));
  wrong.push(...unneeded.map((it) => `suppressed, and nothing would be found: ${template} ${it}`));
}
for (const line of wrong) console.log(line);
console.log(`cdk-nag: ${wrong.length} findings in ${templates.length} templates, ${suppressed} suppressed`);
// Rules that find nothing at all have not looked.
process.exit(wrong.length > 0 || suppressed === 0 ? 1 : 0);
