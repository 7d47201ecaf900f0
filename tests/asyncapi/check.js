// check.js FILE: what AsyncAPI's own parser has against a document, a line each: severity (0 error, 1 warning, 2 information),
// rule, where, sentence. Exit 0: it was read.
const fs = require("fs");
const { Parser } = require("@asyncapi/parser");

new Parser().parse(fs.readFileSync(process.argv[2], "utf8")).then(({ document, diagnostics }) => {
	for (const at of diagnostics)
		console.log(at.severity, at.code, at.path.join("."), at.message);
	process.exitCode = document ? 0 : 1;
});
