/**
 * BuildKit's progress as the engine passes it on: base64 protobuf in `aux` of messages with the id `moby.buildkit.trace`.
 * Source: moby/buildkit, api/services/control/control.proto (StatusResponse); field numbers below are its.
 */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

export const traceId = 'moby.buildkit.trace';
export const imageId = 'moby.image.id';

export interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  started: boolean;
  completed: boolean;
  error: string;
}

/** Bytes of something a vertex does: a layer that is fetched, a context that is loaded. */
export interface VertexStatus {
  id: string;
  vertex: string;
  current: number;
  total: number;
}

export interface VertexLog {
  vertex: string;
  /** 1 stdout, 2 stderr. */
  stream: number;
  message: Uint8Array;
}

export interface BuildStatus {
  vertexes: Vertex[];
  statuses: VertexStatus[];
  logs: VertexLog[];
}

/** Throws on bytes that are not a StatusResponse; unknown fields are skipped, so newer BuildKits stay readable. */
export function decodeStatus(base64: string): BuildStatus {
  const status: BuildStatus = { vertexes: [], statuses: [], logs: [] };
  eachField(Buffer.from(base64, 'base64'), (field, reader) => {
    if (field === 1) status.vertexes.push(decodeVertex(reader.bytes()));
    else if (field === 2) status.statuses.push(decodeVertexStatus(reader.bytes()));
    else if (field === 3) status.logs.push(decodeLog(reader.bytes()));
    else return false;
    return true;
  });
  return status;
}

function decodeVertex(bytes: Uint8Array): Vertex {
  const vertex: Vertex = { digest: '', name: '', cached: false, started: false, completed: false, error: '' };
  eachField(bytes, (field, reader) => {
    if (field === 1) vertex.digest = reader.string();
    else if (field === 3) vertex.name = reader.string();
    else if (field === 4) vertex.cached = reader.bool();
    else if (field === 5) vertex.started = reader.bytes().length > 0;
    else if (field === 6) vertex.completed = reader.bytes().length > 0;
    else if (field === 7) vertex.error = reader.string();
    else return false;
    return true;
  });
  return vertex;
}

function decodeVertexStatus(bytes: Uint8Array): VertexStatus {
  const status: VertexStatus = { id: '', vertex: '', current: 0, total: 0 };
  eachField(bytes, (field, reader) => {
    if (field === 1) status.id = reader.string();
    else if (field === 2) status.vertex = reader.string();
    else if (field === 4) status.current = Number(reader.int64());
    else if (field === 5) status.total = Number(reader.int64());
    else return false;
    return true;
  });
  return status;
}

function decodeLog(bytes: Uint8Array): VertexLog {
  const log: VertexLog = { vertex: '', stream: 1, message: new Uint8Array() };
  eachField(bytes, (field, reader) => {
    if (field === 1) log.vertex = reader.string();
    else if (field === 3) log.stream = Number(reader.int64());
    else if (field === 4) log.message = reader.bytes();
    else return false;
    return true;
  });
  return log;
}

/** `take` reads the field and says so, or leaves it to be skipped. */
function eachField(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean) {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire]: [number, WireType] = reader.tag();
    if (!take(field, reader)) reader.skip(wire, field);
  }
}
