/** What quickstart keeps between two starts: its own secret, ports and what was imported. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Opens `quickstart.json` in the user folder; `save(change)` writes it, for the owner only. */
export function openSession(userFolder) {
	const file = path.join(userFolder, 'quickstart.json');
	const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
	const session = { secret: crypto.randomBytes(18).toString('base64url'), ...known };
	return {
		...session,
		save(change) {
			Object.assign(session, change);
			fs.writeFileSync(file, JSON.stringify(session), { mode: 0o600 });
		},
	};
}
