// Prints how jsonld.js expands the document on standard input, without a network.
// {"document": ..., "contexts": {address: context}} gives the only contexts that there are.
import { readFileSync } from "node:fs";
import jsonld from "jsonld";

const { document, contexts } = JSON.parse(readFileSync(0, "utf8"));

async function documentLoader(documentUrl) {
  if (!(documentUrl in contexts)) throw new Error(`nothing is fetched: ${documentUrl}`);
  return { contextUrl: null, documentUrl, document: { "@context": contexts[documentUrl] } };
}

process.stdout.write(JSON.stringify(await jsonld.expand(document, { documentLoader })));
