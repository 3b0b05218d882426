import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumpYaml, loadYaml } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { role } from '../../../main/runtime/kubernetes/preflight/role';

test('the documented Role is the one that preflight asks for, verb by verb', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/cluster.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)\n---\n/.exec(document) ?? [];
  expect(loadYaml(yaml)).toEqual(loadYaml(dumpYaml(role('NAMESPACE'))));
});
