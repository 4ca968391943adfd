// Bundles GraphiQL with React into graphiql.js and graphiql.css, and collects the licences of what went in.
import { build } from "esbuild";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const { metafile } = await build({
  entryPoints: { graphiql: "src/main.jsx" },
  outdir: ".",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  legalComments: "none",
  metafile: true,
  define: { "process.env.NODE_ENV": '"production"' },
});

function packageFolder(file) {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json")) || !JSON.parse(readFileSync(join(folder, "package.json"))).version) {
    folder = dirname(folder);
  }
  return folder;
}

const folders = new Set(
  Object.keys(metafile.inputs).filter((file) => file.includes("node_modules/")).map(packageFolder),
);
const licences = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json")));
  const files = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)).sort();
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
});
writeFileSync("LICENSES.txt", licences.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");
