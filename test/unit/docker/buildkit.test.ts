import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { decodeStatus } from '../../../main/runtime/docker/buildkit';

const base64 = (writer: BinaryWriter) => Buffer.from(writer.finish()).toString('base64');
const time = () => new BinaryWriter().tag(1, WireType.Varint).int64(1_795_421_010).finish();
const field = (writer: BinaryWriter, no: number, bytes: Uint8Array) => writer.tag(no, WireType.LengthDelimited).bytes(bytes); // prettier-ignore
const text = (value: string) => Buffer.from(value);

describe('BuildKit status', () => {
  it('reads vertexes, bytes and logs', () => {
    const vertex = new BinaryWriter();
    field(vertex, 1, text('sha256:1'));
    field(vertex, 2, text('sha256:0'));
    field(vertex, 3, text('[1/2] FROM x'));
    vertex.tag(4, WireType.Varint).bool(true);
    field(vertex, 5, time());
    field(vertex, 6, time());
    field(vertex, 7, text('boom'));
    const status = new BinaryWriter();
    field(status, 1, text('layer'));
    field(status, 2, text('sha256:1'));
    status.tag(4, WireType.Varint).int64(7);
    status.tag(5, WireType.Varint).int64(5_000_000_000);
    const log = new BinaryWriter();
    field(log, 1, text('sha256:1'));
    log.tag(3, WireType.Varint).int64(2);
    field(log, 4, text('한글\n'));
    const whole = new BinaryWriter();
    field(whole, 1, vertex.finish());
    field(whole, 2, status.finish());
    field(whole, 3, log.finish());
    expect(decodeStatus(base64(whole))).toEqual({
      vertexes: [
        { digest: 'sha256:1', name: '[1/2] FROM x', cached: true, started: true, completed: true, error: 'boom' },
      ],
      statuses: [{ id: 'layer', vertex: 'sha256:1', current: 7, total: 5_000_000_000 }],
      logs: [{ vertex: 'sha256:1', stream: 2, message: text('한글\n') }],
    });
  });

  it('skips fields it does not know, of every wire type', () => {
    const writer = new BinaryWriter();
    field(writer, 4, text('a warning'));
    writer.tag(90, WireType.Varint).uint32(3);
    writer.tag(91, WireType.Bit32).fixed32(3);
    writer.tag(92, WireType.Bit64).fixed64(3);
    field(writer, 1, field(new BinaryWriter(), 3, text('kept')).finish());
    expect(decodeStatus(base64(writer)).vertexes).toMatchObject([{ name: 'kept', started: false, cached: false }]);
  });

  it('reads nothing from nothing, and throws on what is cut off', () => {
    expect(decodeStatus('')).toEqual({ vertexes: [], statuses: [], logs: [] });
    const whole = field(new BinaryWriter(), 1, field(new BinaryWriter(), 3, text('a name')).finish()).finish();
    expect(() => decodeStatus(Buffer.from(whole.subarray(0, whole.length - 3)).toString('base64'))).toThrow();
  });
});
