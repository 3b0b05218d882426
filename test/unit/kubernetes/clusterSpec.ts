/** A server on a cluster as the heart asks for it, to vary in tests. */
import { defaultClusterSettings, type ClusterSettings } from '../../../main/runtime/kubernetes/model';
import { paths, type ClusterServerSpec, type ServerFile } from '../../../main/runtime/runtime';

export const workspaceId = 'abcdef012345';

export function clusterSettings(changes: Partial<ClusterSettings> = {}): ClusterSettings {
  return { ...defaultClusterSettings, context: 'test', namespace: 'team', ...changes };
}

export function clusterSpec(
  changes: Partial<ClusterSettings> = {},
  spec: Partial<ClusterServerSpec> = {},
): ClusterServerSpec {
  return {
    workspaceId,
    workspaceName: 'My work',
    image: 'registry.example/team/labdock@sha256:0123',
    configHash: 'c0ffee',
    command: ['/opt/conda/envs/lab/bin/tini', '-g', '--', paths.entrypoint, 'jupyter-lab', `--config=${paths.config}`],
    init: false,
    env: { LANG: 'C.UTF-8' },
    settings: clusterSettings(changes),
    pullPolicy: 'IfNotPresent',
    architecture: '',
    ...spec,
  };
}

export const token = 'tok-4c1d7c0e9f';
export const passwordHash = 'argon2:$argon2id$v=19$m=10240,t=10,p=8$AAECAwQ$xn8sWuUD';

export const serverFiles: ServerFile[] = [
  { path: paths.config, content: 'c = get_config()\n', mode: 0o444 },
  { path: paths.token, content: `${token}\n`, mode: 0o400 },
  { path: paths.passwordHash, content: passwordHash, mode: 0o400 },
];
