/** The engine as a bundle has it: asked for by `require`, because an `import` does not look into Lambda's layers. */

// By a variable: the bundler would follow a name.
const name = '@duckdb/node-api';
module.exports = require(name);
