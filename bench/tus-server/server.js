// The reference server of tus on a folder: `node server.js FOLDER PORT [durable]`. It ends with its standard input.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';

import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const [folder, port, durable] = process.argv.slice(2);

// What the product promises of each answer as well: the bytes are hashed, and on the disk.
class DurableStore extends FileStore {
  hashes = new Map();

  async write(readable, id, offset) {
    const hash = this.hashes.get(id) ?? createHash('sha256');
    this.hashes.set(id, hash);
    const transform = (chunk, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    };
    const end = await super.write(readable.pipe(new Transform({ transform })), id, offset);
    const file = await open(join(folder, id), 'r+');
    await file.datasync();
    await file.close();
    return end;
  }
}

const Store = durable === 'durable' ? DurableStore : FileStore;
new Server({ path: '/files', datastore: new Store({ directory: folder }) }).listen({ host: '127.0.0.1', port: Number(port) });
process.stdin.on('end', () => process.exit(0)).resume();
