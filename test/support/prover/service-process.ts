import { startService, type ServiceOptions } from "../../../prover/service/service.ts";

// A prover service in a process of its own, which a test can kill. Says its URL when it is there.
const { url } = await startService(JSON.parse(process.argv[2]!) as ServiceOptions);
process.stdout.write(`${url}\n`);
