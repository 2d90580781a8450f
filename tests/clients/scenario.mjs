// The scenario that each TypeScript client runs: list, calls, elicitation, logs, trace, progress and cancellation.

// Declared capabilities, and the answer to every elicitation.
export const capabilities = { elicitation: {} };
export const answer = () => ({ action: "accept", content: { sure: true, note: "ok" } });

const LEVEL = "io.modelcontextprotocol/logLevel";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/**
 * Runs the scenario with a connected client, and returns a report of what the client saw. `protocol` returns the
 * negotiated revision. The client appends each log message to `logs`.
 */
export async function run(client, protocol, logs) {
  const call = (name, args, options) => client.callTool({ name, arguments: args }, ...options);
  // The older SDK, which has no `getProtocolEra`, takes a result schema before the options.
  const options = (given) => (client.getProtocolEra ? [given] : [undefined, given]);
  const steps = [];
  const onprogress = ({ progress, total, message }) => steps.push([progress, total, message]);

  const { tools } = await client.listTools();
  const good = await call("measure", { name: "abc", n: 3, mode: "fast" }, []);
  // These arguments violate the input schema.
  const bad = await call("measure", { name: "ABCDEF", n: 99, mode: "fast", nn: 1 }, []);
  // No tool has this name.
  const unknown = await call("mesure", {}, []).then(JSON.stringify, (error) => error.code);
  // `routed` declares headers for these arguments. A client that supports mirrored headers sends them, too.
  const routed = await call("routed", { region: "größe", priority: -7, trial: true, note: "n" }, []);
  const asked = await call("confirms", { what: "it" }, []);
  // In 2026-07-28 each request sets its log level.
  const logLevel = protocol() < "2026" ? {} : { [LEVEL]: "warning" };
  if (protocol() < "2026") await client.setLoggingLevel("warning");
  await client.callTool({ name: "logs", arguments: {}, _meta: logLevel });
  const traced = await client.callTool({ name: "traced", arguments: {}, _meta: { traceparent: TRACE } });
  await call("steps", { count: 3, milliseconds: 20 }, options({ onprogress }));
  // The tool `counts` returns the number of calls that run, and of those that were dropped.
  const count = async (what) => (await call("counts", {}, [])).structuredContent[what];
  const controller = new AbortController();
  const waits = call("waits", { milliseconds: 60_000 }, options({ signal: controller.signal })).catch(() => {});
  while (!(await count("running")));
  controller.abort();
  await waits;
  let dropped;
  while (!(dropped = await count("dropped")));
  return {
    protocol: protocol(),
    server: client.getServerVersion().name,
    tools: tools.map((tool) => tool.name),
    good: good.structuredContent,
    bad: bad.isError ? bad.content[0].text : null,
    unknown,
    routed: routed.content[0].text,
    asked: asked.content[0].text,
    logs: logs.map(({ level, logger, data }) => [level, logger, data]),
    traced: traced.content[0].text,
    steps,
    dropped,
  };
}
