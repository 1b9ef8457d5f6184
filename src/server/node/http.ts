/**
 * Node's HTTP server. An `import` of `node:http` reads every one of its exports, among them a WebSocket for which Node then
 * loads its own copy of undici: 14 MB of memory and half of the gateway's start-up time.
 */
const http = process.getBuiltinModule('node:http')

export const createNodeServer = http.createServer
