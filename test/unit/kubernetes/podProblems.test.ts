import { describe, expect, it } from 'vitest';
import {
  configProblem,
  containerProblem,
  creationProblem,
  endingProblem,
  mountProblem,
} from '../../../main/runtime/kubernetes/podProblems';

const around = { image: 'registry.example/lab:1', memoryLimitMiB: 512, restartsBefore: 0 };
const status = (state: object, more: object = {}) => ({
  name: 'jupyterlab',
  image: around.image,
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const waiting = (reason: string, message?: string) => status({ waiting: { reason, message } });

describe('a container that waits', () => {
  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])(
    '%s is told at once',
    (reason) => {
      expect(containerProblem(waiting(reason, 'manifest unknown'), around)).toEqual({
        reason: 'image-pull-failed',
        params: { reference: around.image, message: 'manifest unknown' },
      });
    },
  );

  it('tells what the pull said, not that it waits', () => {
    const problem = containerProblem(waiting('ImagePullBackOff', 'Back-off pulling image'), {
      ...around,
      pullMessage: 'Failed to pull image: not found',
    });
    expect(problem?.params?.['message']).toBe('Failed to pull image: not found');
  });

  it('names the pull secret that is not there', () => {
    expect(containerProblem(waiting('ErrImagePull'), { ...around, missingPullSecrets: ['regcred'] })).toEqual({
      reason: 'secret-missing',
      params: { name: 'regcred' },
    });
  });

  it('does not call ordinary waiting a problem', () => {
    expect(containerProblem(waiting('ContainerCreating'), around)).toBeUndefined();
    expect(containerProblem(waiting('PodInitializing'), around)).toBeUndefined();
    expect(containerProblem(undefined, around)).toBeUndefined();
  });

  it.each([
    ['secret "lab-secret" not found', { reason: 'secret-missing', params: { name: 'lab-secret' } }],
    ["couldn't find key token in Secret team/lab-secret", { reason: 'secret-missing', params: { name: 'lab-secret' } }],
    ['configmap "x" not found', { reason: 'container-refused', params: { message: 'configmap "x" not found' } }],
  ])('CreateContainerConfigError: %s', (message, problem) => {
    expect(configProblem(message)).toEqual(problem);
    expect(containerProblem(waiting('CreateContainerConfigError', message), around)).toEqual(problem);
  });

  it('waits where kubelet only has to try again', () => {
    expect(
      containerProblem(
        waiting('CreateContainerConfigError', 'failed to sync secret cache: timed out waiting for the condition'),
        around,
      ),
    ).toBeUndefined();
    expect(containerProblem(waiting('CreateContainerError', 'context deadline exceeded'), around)).toBeUndefined();
    expect(containerProblem(waiting('CreateContainerError', 'no command specified'), around)?.reason).toBe(
      'container-refused',
    );
  });

  it('tells a crash loop with its exit code, and one for memory as that', () => {
    const loop = (terminated: object) =>
      containerProblem(
        status({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2, lastState: { terminated } }),
        around,
      );
    expect(loop({ exitCode: 78, reason: 'Error' })).toEqual({ reason: 'crash-loop', params: { code: 78 } });
    expect(loop({ exitCode: 0, reason: 'Completed' })).toEqual({ reason: 'crash-loop', params: { code: 0 } });
    expect(loop({ exitCode: 137, reason: 'OOMKilled' })).toEqual({
      reason: 'out-of-memory',
      params: { limitMiB: 512 },
    });
    expect(loop({ exitCode: 128, reason: 'StartError', message: 'exec: "nope": not found' })).toEqual({
      reason: 'container-refused',
      params: { message: 'exec: "nope": not found' },
    });
  });
});

describe('a container that ended and was started again', () => {
  const again = (terminated: object, restartCount: number, restartsBefore: number) =>
    containerProblem(status({ running: {} }, { restartCount, lastState: { terminated } }), {
      ...around,
      restartsBefore,
    });

  it('is told although it runs', () => {
    expect(again({ exitCode: 1, reason: 'Error' }, 1, 0)).toEqual({ reason: 'server-exited', params: { code: 1 } });
    expect(again({ exitCode: 0, reason: 'Completed' }, 1, 0)).toEqual({ reason: 'stopped-outside' });
    expect(again({ exitCode: 137, reason: 'OOMKilled' }, 1, 0)?.reason).toBe('out-of-memory');
  });

  it('is no news where it had happened before it was first seen', () => {
    expect(again({ exitCode: 1, reason: 'Error' }, 3, 3)).toBeUndefined();
    expect(again({ exitCode: 1, reason: 'Error' }, 4, 3)?.reason).toBe('server-exited');
  });

  it('went down with its node, and goes on', () => {
    expect(again({ exitCode: 255, reason: 'Unknown' }, 1, 0)).toBeUndefined();
    expect(endingProblem({ exitCode: 137, reason: 'ContainerStatusUnknown' }, around)).toBeUndefined();
  });
});

describe('why no pod may be made', () => {
  it.each([
    ['pods "x" is forbidden: exceeded quota: q, requested: limits.memory=4Gi, used: 0, limited: 1Gi', 'quota-exceeded'],
    ['pods "x" is forbidden: failed quota: q: must specify limits.cpu for: jupyterlab', 'quota-exceeded'],
    ['pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi', 'quota-exceeded'],
    ['pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', 'pod-security'],
    ['pods "x" is forbidden: error looking up service account team/bot: serviceaccount "bot" not found', 'service-account-missing'], // prettier-ignore
    ['admission webhook "policy.example" denied the request: no', 'admission-denied'],
    ["pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", 'admission-denied'],
  ])('%s', (message, reason) => {
    expect(creationProblem(message, 'team')?.reason).toBe(reason);
  });

  it('waits where trying again may help', () => {
    expect(
      creationProblem('Internal error occurred: failed calling webhook "w": connection refused', 'team'),
    ).toBeUndefined();
    expect(creationProblem('etcdserver: request timed out', 'team')).toBeUndefined();
  });

  it('has the level and the namespace of pod security', () => {
    expect(
      creationProblem('pods "x" is forbidden: violates PodSecurity "baseline:v1.30": host', 'team')?.params,
    ).toEqual({
      namespace: 'team',
      level: 'baseline',
    });
  });
});

describe('volumes that cannot be mounted', () => {
  it.each([
    ['MountVolume.SetUp failed for volume "secrets" : secret "lab" not found', 'secret-missing'],
    ['MountVolume.SetUp failed for volume "config" : configmap "lab" not found', 'container-refused'],
    ['Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other', 'volume-pending'],
  ])('%s', (message, reason) => {
    expect(mountProblem(message).reason).toBe(reason);
  });
});
