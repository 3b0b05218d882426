/**
 * What a start on a cluster waits for, in Kubernetes's own words, that a person is told in plain ones (`waiting.<word>`).
 * Others are shown as they are: they help whoever runs the cluster.
 */
export const knownWaits = [
  'Pulling',
  'ContainerCreating',
  'Scheduling',
  'Unschedulable',
  'PersistentVolumeClaim',
  'PodCreation',
  'Terminating',
  'NodeNotReady',
  'ContainersNotReady',
  'FailedMount',
  'FailedAttachVolume',
  'ErrImagePull',
  'ImagePullBackOff',
  'CrashLoopBackOff',
] as const;

export const isKnownWait = (label: string): label is (typeof knownWaits)[number] =>
  (knownWaits as readonly string[]).includes(label);
