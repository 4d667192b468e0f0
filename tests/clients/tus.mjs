// Uploads a file with tus-js-client, and interrupts it again and again:
//
//     node --input-type=module - ENDPOINT TOKEN FILE STORAGE <tus.mjs
//
// Every other time the sockets are destroyed under it, and it goes on by itself; in between it is aborted, and another
// client goes on from the URL that the first one stored in the file STORAGE. Prints what happened as JSON.
import { createReadStream, statSync } from 'node:fs'
import { Agent } from 'node:http'
import { DefaultHttpStack, FileUrlStorage, Upload } from 'tus-js-client'

const [endpoint, token, path, storage] = process.argv.slice(2)
const size = statSync(path).size
const agent = new Agent({ keepAlive: true })
const seen = { size, aborts: 0, resets: 0, resumed: 0, retries: 0, file: null, url: null }

// After each of these shares of the file.
const interruptions = [0.1, 0.2, 0.35, 0.5, 0.6, 0.75, 0.9].map((share) => Math.floor(share * size))

/** Does it as soon as a request is on its way. */
function amidst(act) {
  const timer = setInterval(() => {
    const sockets = Object.values(agent.sockets).flat()
    if (sockets.length === 0) return
    clearInterval(timer)
    act(sockets)
  }, 1)
}

/** Uploads until it is whole, or until the next abort: then the promise is of `false`. */
function run() {
  return new Promise((resolve, reject) => {
    const upload = new Upload(createReadStream(path), {
      endpoint,
      chunkSize: 8 * 1024 * 1024,
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: 'clip.bin', filetype: 'application/octet-stream' },
      retryDelays: [0, 200, 500, 1000, 2000],
      urlStorage: new FileUrlStorage(storage),
      httpStack: new DefaultHttpStack({ agent }),
      onAfterResponse: (_request, response) => {
        seen.file = response.getHeader('X-File-Id') ?? seen.file
      },
      onShouldRetry: () => {
        seen.retries += 1
        return true
      },
      onProgress: (sent) => {
        if (interruptions.length === 0 || sent < interruptions[0]) return
        interruptions.shift()
        if (interruptions.length % 2 === 0) {
          seen.resets += 1
          amidst((sockets) => sockets.forEach((socket) => socket.destroy()))
        } else {
          seen.aborts += 1
          amidst(() => upload.abort().then(() => resolve(false), reject))
        }
      },
      onError: reject,
      onSuccess: () => {
        seen.url = upload.url
        resolve(true)
      },
    })
    upload.findPreviousUploads().then((found) => {
      if (found.length > 0) {
        seen.resumed += 1
        upload.resumeFromPreviousUpload(found[0])
      }
      upload.start()
    }, reject)
  })
}

while (!(await run())) {
  // Another process would begin here.
}
agent.destroy()
console.log(JSON.stringify(seen))
