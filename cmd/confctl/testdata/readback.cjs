// readback.cjs SOURCE FILE compares every cell of FILE, a .parquet of confctl export with all columns and personal data, with
// SOURCE, which has the conferences in the service's own form, one JSON object a line. DuckDB reads both. It knows nothing of
// the program.
const { DuckDBInstance } = require("@duckdb/node-api");

const want = {
  VARCHAR: (name) => `nullif(${name}, '')`,
  BIGINT: (name) => `coalesce(${name}, 0)`,
  BOOLEAN: (name) => name,
  "TIMESTAMP WITH TIME ZONE": (name) => `to_timestamp(nullif(${name}, 0))`,
};

async function main([source, file]) {
  const db = await (await DuckDBInstance.create()).connect();
  const rows = async (sql) => (await db.runAndReadAll(sql)).getRows();
  const columns = (await rows(`DESCRIBE SELECT * FROM '${file}'`)).map(([name, type]) => ({ name, type }));
  const inJSON = columns.map(({ name, type }) => `${name}: '${type.startsWith("TIMESTAMP") ? "BIGINT" : type}'`);
  const values = columns.map(({ name, type }) => `${want[type](`"${name}"`)} AS "${name}"`);
  await db.run(`CREATE VIEW got AS SELECT row_number() OVER () AS n, * FROM '${file}'`);
  await db.run(`CREATE VIEW want AS SELECT row_number() OVER () AS n, ${values} FROM read_json('${source}', format = 'newline_delimited', columns = {${inJSON}})`);
  for (const [a, b] of [["got", "want"], ["want", "got"]]) {
    const only = await rows(`SELECT * FROM ${a} EXCEPT ALL SELECT * FROM ${b} ORDER BY n LIMIT 1`);
    if (only.length > 0) throw new Error(`only in ${a}: ${only[0].join(", ")}`);
  }
  const [[count]] = await rows("SELECT count(*) FROM got");
  console.log(`${count} conferences, ${Number(count) * columns.length} cells: equal`);
}

main(process.argv.slice(2)).catch((err) => {
  console.error(String(err));
  process.exit(1);
});
