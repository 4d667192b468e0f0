// The reference server of tus on a folder: `node server.js FOLDER PORT`. It ends with its standard input.
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const [folder, port] = process.argv.slice(2);
new Server({ path: '/files', datastore: new FileStore({ directory: folder }) }).listen({ host: '127.0.0.1', port: Number(port) });
process.stdin.on('end', () => process.exit(0)).resume();
