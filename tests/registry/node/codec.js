// @kafkajs/confluent-schema-registry, with nothing given but the registry's URL.
//
//   codec.js URL decode           hexadecimal framed values on stdin, JSON on stdout
//   codec.js URL encode SUBJECT   JSON on stdin, hexadecimal framed values on stdout
//
// One value a line. encode takes the latest schema of the subject. REGISTRY_USER=name:password for
// basic authentication. NODE_PATH names the folder that has the package (fetch.sh).
"use strict";

const readline = require("node:readline");
const { SchemaRegistry } = require("@kafkajs/confluent-schema-registry");

const [url, action, subject] = process.argv.slice(2);

function client() {
  const [username, ...rest] = (process.env.REGISTRY_USER ?? "").split(":");
  const auth = username ? { username, password: rest.join(":") } : undefined;
  return new SchemaRegistry({ host: url, auth });
}

const actions = {
  async decode(registry, line) {
    return JSON.stringify(await registry.decode(Buffer.from(line, "hex")));
  },
  async encode(registry, line) {
    const id = await registry.getLatestSchemaId(subject);
    return (await registry.encode(id, JSON.parse(line))).toString("hex");
  },
};

async function main() {
  const registry = client();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(await actions[action](registry, line));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
