// Runs Node.js handlers. See runtimes/PROTOCOL.md; the handler's side is AWS's:
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
'use strict';

const fs = require('fs');
const Module = require('module');
const net = require('net');
const path = require('path');
const { Writable } = require('stream');
const { pathToFileURL } = require('url');
const util = require('util');

const channel = new net.Socket({ fd: 3, readable: true, writable: true });
let handler = null;
let current = null; // the invocation under way

function send(kind, ...parts) {
  const payload = Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + 1, 0);
  head.write(kind, 4, 'latin1');
  channel.write(Buffer.concat([head, payload]));
}

const kLargestAnswer = 6291556;
const kLargestPiece = 1 << 20;

function sendAnswer(token, kind, text) {
  const answer = Buffer.from(text);
  if (answer.length <= kLargestAnswer) return send(kind, token, peakMemory(), answer);
  send('O', token, peakMemory());
}

function sendPieces(token, bytes) {
  for (let at = 0; at < bytes.length; at += kLargestPiece) send('C', token, bytes.subarray(at, at + kLargestPiece));
}

function peakMemory() {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(process.resourceUsage().maxRSS, 0);
  return out;
}

// --- the log

function write(text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
    }
  }
}

const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' };
const ranks = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

// One object is the message itself; an error is said with its parts.
function jsonLine(level, args) {
  const out = { timestamp: new Date().toISOString(), level, requestId: current ? current.id : undefined };
  const [first] = args;
  if (args.length === 1 && typeof first === 'object' && first !== null && !util.types.isNativeError(first)) {
    out.message = first;
  } else {
    out.message = util.format(...args);
    const error = args.find((each) => util.types.isNativeError(each));
    if (error) Object.assign(out, { errorType: error.name, errorMessage: error.message, stackTrace: String(error.stack || '').split('\n') });
  }
  try {
    return JSON.stringify(out);
  } catch (error) {
    return JSON.stringify({ ...out, message: util.format(...args) });
  }
}

for (const [method, level] of Object.entries(levels)) {
  console[method] = (...args) => {
    if (process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON') {
      const least = ranks.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL || 'INFO');
      if (ranks.indexOf(level) >= least) write(jsonLine(level, args) + '\n');
      return;
    }
    const text = util.format(...args).replace(/\n/g, '\r');
    write(`${new Date().toISOString()}\t${current ? current.id : 'undefined'}\t${level}\t${text}\n`);
  };
}

// --- errors

function errorOf(error) {
  if (error instanceof Error || util.types.isNativeError(error)) {
    return { errorType: error.name || 'Error', errorMessage: error.message, trace: String(error.stack || '').split('\n') };
  }
  return { errorType: typeof error === 'string' ? 'string' : 'object', errorMessage: typeof error === 'string' ? error : String(util.inspect(error)), trace: [] };
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

// --- the SDKs

// v2 knows no AWS_ENDPOINT_URL: whichever copy a function loads is pointed at the server when it is loaded.
const configured = new WeakSet();
function configure(sdk) {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (!endpoint || !sdk || !sdk.config || configured.has(sdk)) return sdk;
  configured.add(sdk);
  sdk.config.update({ endpoint, s3ForcePathStyle: true });
  return sdk;
}
const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request === 'aws-sdk' || request === 'aws-sdk/global') return configure(loaded);
  if (request.startsWith('aws-sdk/')) configure(load.call(this, 'aws-sdk/global', ...rest));
  return loaded;
};

// Loaded before the function is known, so that a cold start need not.
function preload() {
  const packages = process.env.LEAT_PRELOAD ? process.env.LEAT_PRELOAD.split(',') : [];
  delete process.env.LEAT_PRELOAD;
  // As the function itself will find them, so that it gets these very copies.
  const find = Module.createRequire('/var/task/');
  for (const name of packages) {
    try {
      find(name);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
}

// --- the handler

function moduleFile(root, name) {
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = path.resolve(root, name + extension);
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return file;
  }
  return null;
}

function isModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const description = path.join(folder, 'package.json');
    if (fs.existsSync(description)) return JSON.parse(fs.readFileSync(description, 'utf8')).type === 'module';
    if (folder === path.dirname(folder)) return false;
  }
}

async function loadHandler(root, name) {
  const base = path.basename(name);
  const match = base.match(/^([^.]*)\.(.*)$/);
  if (!match || name.includes('..')) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const moduleName = path.join(path.dirname(name), match[1]);
  const file = moduleFile(root, moduleName);
  if (!file) throw new RuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${match[1]}'\nRequire stack:\n- /var/runtime/bootstrap.js`);
  let loaded;
  try {
    loaded = isModule(file) ? await import(pathToFileURL(file).href) : require(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('Runtime.UserCodeSyntaxError', String(error));
    if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) throw new RuntimeError('Runtime.ImportModuleError', String(error));
    throw error;
  }
  let found = loaded;
  for (const part of match[2].split('.')) found = found && (found[part] !== undefined ? found[part] : found.default && found.default[part]);
  if (found === undefined) throw new RuntimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  return found;
}

// --- streamed responses: https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

const streams = Symbol('streams');
const kWithPrelude = 'application/vnd.awslambda.http-integration-response';

class ResponseStream extends Writable {
  constructor(invocation) {
    super();
    this.invocation = invocation;
    this.contentType = 'application/octet-stream';
    this.prelude = null;
    this.begun = false;
  }
  setContentType(type) {
    this.contentType = type;
  }
  begin() {
    if (this.begun || current !== this.invocation) return;
    this.begun = true;
    send('T', this.invocation.token, this.contentType);
    if (this.prelude) sendPieces(this.invocation.token, Buffer.concat([Buffer.from(JSON.stringify(this.prelude)), Buffer.alloc(8)]));
  }
  _write(chunk, encoding, callback) {
    this.begin();
    if (current !== this.invocation) return callback();
    sendPieces(this.invocation.token, Buffer.from(chunk));
    // A client that reads slowly slows the handler down.
    channel.writableNeedDrain ? channel.once('drain', callback) : callback();
  }
  _final(callback) {
    this.begin();
    finish(this.invocation, 'S', '');
    callback();
  }
}

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[streams] = true;
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType(kWithPrelude);
      stream.prelude = prelude;
      return stream;
    },
  },
};

// --- an invocation

function finish(invocation, kind, answer) {
  if (current !== invocation) return; // answered already
  current = null;
  channel.ref();
  sendAnswer(invocation.token, kind, answer);
}

function succeed(invocation, value) {
  let text;
  try {
    text = JSON.stringify(value === undefined ? null : value);
  } catch (error) {
    return fail(invocation, new RuntimeError('Runtime.MarshalError', `Unable to stringify response body as json: ${error.message}`));
  }
  finish(invocation, 'S', text === undefined ? 'null' : text);
}

function fail(invocation, error) {
  const shown = errorOf(error);
  if (current === invocation) {
    console.error('Invoke Error', JSON.stringify({ ...shown, ...(error instanceof Error ? { stack: shown.trace } : {}) }));
  }
  finish(invocation, 'F', JSON.stringify(shown));
}

// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
function contextOf(invocation, head) {
  const done = (error, value) => (error ? fail(invocation, error) : succeed(invocation, value));
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: head.clientContext ? JSON.parse(head.clientContext) : undefined,
    identity: undefined,
    invokedFunctionArn: head.arn,
    awsRequestId: head.id,
    getRemainingTimeInMillis: () => Math.max(0, head.deadline - Date.now()),
    succeed: (value) => succeed(invocation, value),
    fail: (error) => fail(invocation, error),
    done,
  };
}

function run(payload) {
  const end = payload.indexOf(10);
  const head = JSON.parse(payload.subarray(0, end).toString());
  const invocation = { id: head.id, token: head.token };
  current = invocation;
  process.env._X_AMZN_TRACE_ID = head.traceId;
  let event;
  try {
    event = JSON.parse(payload.subarray(end + 1).toString());
  } catch (error) {
    return fail(invocation, error);
  }
  const context = contextOf(invocation, head);
  // A handler that neither returns a promise nor calls back is done when nothing is left to wait for.
  channel.unref();
  const stream = handler[streams] ? new ResponseStream(invocation) : null;
  try {
    if (stream) {
      return void Promise.resolve(handler(event, stream, context)).then(() => stream.end(), (error) => fail(invocation, error));
    }
    const result = handler(event, context, context.done);
    if (result && typeof result.then === 'function') {
      result.then((value) => succeed(invocation, value), (error) => fail(invocation, error));
    }
  } catch (error) {
    fail(invocation, error);
  }
}

process.on('beforeExit', () => {
  if (current) succeed(current, null);
  else channel.ref();
});

function die(kind, error) {
  const shown = errorOf(error);
  const answer = { errorType: kind, errorMessage: `${shown.errorType === 'Error' || kind !== 'Runtime.UnhandledPromiseRejection' ? String(error) : shown.errorMessage}`, trace: shown.trace };
  console.error(kind === 'Runtime.UnhandledPromiseRejection' ? 'Unhandled Promise Rejection' : 'Uncaught Exception', JSON.stringify(answer));
  if (current) finish(current, 'F', JSON.stringify(kind === 'Runtime.UnhandledPromiseRejection' ? answer : shown));
  channel.end(() => process.exit(128));
}
process.on('uncaughtException', (error) => die('Runtime.UncaughtException', error));
process.on('unhandledRejection', (error) => die('Runtime.UnhandledPromiseRejection', error));

async function init(payload) {
  const settings = JSON.parse(payload.toString());
  Object.assign(process.env, settings.environment);
  process.chdir(settings.taskRoot);
  const layers = `${settings.layerRoot}/nodejs`;
  const version = process.versions.node.split('.')[0];
  process.env.NODE_PATH = [`${layers}/node${version}/node_modules`, `${layers}/node_modules`, process.env.NODE_PATH].join(':');
  Module._initPaths();
  for (const name of Object.keys(require.cache)) {
    if (/[\\/]aws-sdk[\\/](lib[\\/]aws|global)\.js$/.test(name)) configure(require.cache[name].exports);
  }
  try {
    handler = await loadHandler(settings.taskRoot, settings.handler);
    send('R');
  } catch (error) {
    const shown = errorOf(error);
    console.error('Uncaught Exception', JSON.stringify({ ...shown, stack: shown.trace }));
    send('X', JSON.stringify(shown));
    channel.end(() => process.exit(1));
  }
}

// --- frames

let pieces = [];
let held = 0;
channel.on('data', (chunk) => {
  pieces.push(chunk);
  held += chunk.length;
  while (held >= 5) {
    if (pieces[0].length < 5) pieces = [Buffer.concat(pieces)];
    const size = pieces[0].readUInt32BE(0) + 4;
    if (held < size) return;
    const all = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    pieces = all.length > size ? [all.subarray(size)] : [];
    held -= size;
    const kind = String.fromCharCode(all[4]);
    if (kind === 'I') init(all.subarray(5, size));
    else if (kind === 'E') run(all.subarray(5, size));
  }
});
channel.on('end', () => process.exit(0));
channel.on('error', () => process.exit(0));

preload();
