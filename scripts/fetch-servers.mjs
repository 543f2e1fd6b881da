/**
 * Brings the servers that tests run against beside the system's redis-server, and prints as JSON what
 * starts each: `{ redis8: { found, launcher | reason }, valkey8: … }`.
 */
import { ensureServer } from './lib/servers.mjs';

const servers = {};
for (const name of ['redis8', 'valkey8']) servers[name] = await ensureServer(name);
process.stdout.write(JSON.stringify(servers));
