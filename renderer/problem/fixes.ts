/** What can be done about a problem from where it is shown. Pure: the same problem always offers the same ways out. */
import type { Problem, Workspace } from '../../main/app/bridge/contract';
import type { PreferencesSection, SettingsSection } from '../navigation';

export type Fix =
  | { kind: 'retry' }
  | { kind: 'use-port'; port: number }
  | { kind: 'pick-folder' }
  | { kind: 'pick-archive' }
  | { kind: 'build-on'; reference: string }
  | { kind: 'without-gpu' }
  | { kind: 'settings'; section: SettingsSection; field?: string }
  | { kind: 'preferences'; section: PreferencesSection; field?: string }
  | { kind: 'adopt' }
  | { kind: 'engine-retry' }
  | { kind: 'engine-help' };

const retry: Fix = { kind: 'retry' };
const settings = (section: SettingsSection, field?: string): Fix => ({
  kind: 'settings',
  section,
  ...(field && { field }),
});

const cluster = (field: string): Fix => settings('cluster', `cluster.${field}`);

const imageSettings = (workspace: Workspace): Fix =>
  workspace.image.kind === 'build' && !workspace.image.base
    ? { kind: 'preferences', section: 'build', field: 'base' }
    : settings('image', workspace.image.kind === 'archive' ? 'image.path' : 'image.reference');

/** The first fix is the one most likely wanted. */
export function fixesFor(problem: Problem, workspace: Workspace): Fix[] {
  const { params } = problem;
  switch (problem.reason) {
    case 'engine-absent':
    case 'engine-stopped':
    case 'engine-refused':
    case 'engine-remote':
    case 'engine-too-old':
    case 'engine-gone':
      return [retry, { kind: 'engine-help' }, { kind: 'preferences', section: 'engine' }];
    case 'base-not-found':
    case 'base-without-conda':
    case 'image-not-found':
    case 'pull-failed':
    case 'pull-denied':
    case 'image-wrong-architecture':
      return [imageSettings(workspace), retry];
    case 'network-unreachable':
      return [retry, { kind: 'preferences', section: 'build', field: 'proxy.http' }];
    case 'archive-invalid':
    case 'archive-missing':
      return [{ kind: 'pick-archive' }, settings('image', 'image.path'), retry];
    case 'image-without-jupyter':
    case 'image-without-lab': {
      const reference =
        typeof params?.['reference'] === 'string'
          ? params['reference']
          : workspace.image.kind === 'published'
            ? workspace.image.reference
            : undefined;
      const change = settings('image', 'image.reference');
      return reference && workspace.image.kind === 'published' ? [{ kind: 'build-on', reference }, change] : [change];
    }
    case 'package-not-found':
    case 'packages-conflict':
    case 'kernel-clash':
      return [settings('kernels'), retry];
    case 'build-failed':
      return [retry, settings('kernels')];
    case 'port-busy':
    case 'port-masked':
    case 'port-forbidden':
    case 'port-taken': {
      const suggestion = Number(params?.['suggestion']);
      const change = settings('general', 'port');
      return suggestion > 0 ? [{ kind: 'use-port', port: suggestion }, retry, change] : [change, retry];
    }
    case 'folder-missing':
    case 'folder-not-directory':
    case 'folder-read-only':
    case 'folder-not-shared':
    case 'folder-taken':
      return [{ kind: 'pick-folder' }, retry];
    case 'config-syntax':
      return [settings('server', 'server.custom')];
    case 'config-rejected':
      return [settings('server'), retry];
    case 'out-of-memory':
      return workspace.target.kind === 'cluster'
        ? [cluster('memoryLimitMiB'), retry]
        : [settings('resources', 'resources.memoryMiB'), retry];
    case 'resources-refused':
      return [settings('resources', 'resources.memoryMiB'), retry];
    case 'gpu-unavailable':
      return [{ kind: 'without-gpu' }, settings('resources'), retry];
    case 'name-taken':
      return [settings('general', 'name')];
    case 'password-unreadable':
      return [settings('password'), retry];
    case 'cluster-settings-missing':
      return [settings('cluster')];
    case 'context-missing':
      return [cluster('context'), retry];
    case 'namespace-missing':
    case 'namespace-terminating':
      return [cluster('namespace'), retry];
    case 'quota-exceeded':
    case 'unschedulable':
    case 'pod-evicted':
      return [retry, cluster('memoryRequestMiB')];
    case 'pod-security':
    case 'container-refused':
      return [cluster('runAsUser'), retry];
    case 'storage-class-missing':
    case 'volume-pending':
    case 'volume-class-changes':
      return [cluster('storage.className'), retry];
    case 'volume-shrinks':
    case 'volume-full':
      return [cluster('storage.sizeGiB'), retry];
    case 'image-pull-failed':
      return [retry, cluster('imagePullSecrets'), settings('image')];
    case 'image-architecture':
      return [cluster('architecture'), settings('image'), retry];
    case 'secret-missing':
      return [cluster('imagePullSecrets'), retry];
    case 'service-account-missing':
      return [cluster('serviceAccount'), retry];
    case 'ingress-class-missing':
      return [cluster('ingress.className'), retry];
    case 'admission-denied':
      return [retry, settings('cluster')];
    case 'adopt-first':
      return [{ kind: 'adopt' }];
    case 'repository-missing':
    case 'push-denied':
      return [cluster('repository'), settings('image'), retry];
    default:
      return [retry];
  }
}
