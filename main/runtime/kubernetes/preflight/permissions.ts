/**
 * What Labdock does on a cluster, verb by verb: preflight asks for exactly these, and the documented Role (role.ts) grants
 * exactly these. Whoever adds a call to the API adds its verb here. Pure.
 */

export interface Permission {
  /** '' is the core group. */
  group: string;
  /** Plural; `pods/exec` for a subresource. */
  resource: string;
  verbs: readonly string[];
  /** false: something is told less well without it, and all works. Default true. */
  needed?: boolean;
  /** Only where the settings have an Ingress. */
  forIngress?: true;
}

const all = ['get', 'list', 'create', 'patch', 'delete'] as const;

/** In the workspace's namespace. */
export const permissions: readonly Permission[] = [
  { group: 'apps', resource: 'deployments', verbs: [...all, 'watch'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch', 'create', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  // Websockets are a GET, and from 1.35 on a `create` as well.
  { group: '', resource: 'pods/exec', verbs: ['get', 'create'] },
  { group: '', resource: 'pods/portforward', verbs: ['get', 'create'] },
  { group: '', resource: 'persistentvolumeclaims', verbs: all },
  { group: '', resource: 'services', verbs: all },
  { group: '', resource: 'configmaps', verbs: all },
  { group: '', resource: 'secrets', verbs: all },
  { group: 'networking.k8s.io', resource: 'ingresses', verbs: all, forIngress: true },
  // A move between here and this computer is one Labdock's at a time.
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'create', 'update', 'delete'] },
  // Those of Pod, ReplicaSet and PVC say why no pod comes: quota, admission, image, volume.
  { group: '', resource: 'events', verbs: ['list', 'watch'], needed: false },
  // What preflight reads to say beforehand what would fail later.
  { group: '', resource: 'namespaces', verbs: ['get'], needed: false },
  { group: '', resource: 'resourcequotas', verbs: ['list'], needed: false },
  { group: '', resource: 'limitranges', verbs: ['list'], needed: false },
  { group: '', resource: 'serviceaccounts', verbs: ['get'], needed: false },
];

/** Across the cluster; all of it only to offer choices and to say things beforehand. */
export const clusterPermissions: readonly Permission[] = [
  { group: '', resource: 'namespaces', verbs: ['list'], needed: false },
  { group: '', resource: 'nodes', verbs: ['get', 'list'], needed: false },
  { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['get', 'list'], needed: false },
  { group: 'networking.k8s.io', resource: 'ingressclasses', verbs: ['get', 'list'], needed: false },
];

/** The API server's minor version from which websocket streams need `create` too. */
const streamsNeedCreate = 35;

export interface Question {
  group: string;
  resource: string;
  subresource: string;
  verb: string;
  /** Nothing is started without it. */
  needed: boolean;
}

/** One question per verb. @param minor of the API server's version; NaN where it is not known */
export function questions(withIngress: boolean, minor: number): Question[] {
  return permissions
    .filter(({ forIngress }) => withIngress || !forIngress)
    .flatMap(({ group, resource, verbs, needed = true }) => {
      const [name = '', subresource = ''] = resource.split('/');
      const late = (verb: string) => verb === 'create' && subresource !== '' && minor < streamsNeedCreate;
      return verbs.map((verb) => ({ group, resource: name, subresource, verb, needed: needed && !late(verb) }));
    });
}
