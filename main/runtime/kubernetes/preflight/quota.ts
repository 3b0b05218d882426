/** ResourceQuota's arithmetic, before the API server does it (k8s.io/kubernetes, `pkg/quota/v1`). Pure. */
import type { V1LimitRange, V1LimitRangeItem, V1ResourceQuota } from '@kubernetes/client-node';
import type { Problem } from '../../../common/problem';
import { amount } from '../times';
import type { ContainerDemand } from './demand';

const gibi = 2 ** 30;

export function quotaProblems(
  quotas: readonly V1ResourceQuota[],
  demand: Record<string, number>,
  container: ContainerDemand,
): Problem[] {
  const applying = quotas.filter((quota) => concernsUs(quota, container));
  return applying.flatMap((quota) => {
    const hard = quota.status?.hard ?? quota.spec?.hard ?? {};
    const used = quota.status?.used ?? {};
    const name = quota.metadata?.name ?? '';
    return Object.entries(hard).flatMap(([resource, limit]) => {
      const wanted = demand[resource];
      if (wanted === undefined) return unset(resource, demand, name);
      const left = amount(limit) - amount(used[resource]);
      // Floating sums of quantities: a millionth is none.
      if (wanted <= left * (1 + 1e-9) + 1e-9) return [];
      const message = `${resource}: ${show(resource, wanted)} wanted, ${show(resource, Math.max(0, left))} of ${limit} left (quota ${name})`;
      return [quotaProblem(message)];
    });
  });
}

/** A quota on a resource refuses pods that say nothing of it. */
function unset(resource: string, demand: Record<string, number>, name: string): Problem[] {
  const computes = /^(?:(?:requests|limits)\.)?(?:cpu|memory)$/.test(resource);
  if (!computes || demand['pods'] === undefined) return [];
  return [quotaProblem(`${resource}: the quota ${name} wants it set, and it is not`)];
}

/** Scopes of a quota, as far as they tell our pod from others; a server has no deadline and no priority class. */
function concernsUs({ spec }: V1ResourceQuota, container: ContainerDemand): boolean {
  const names = ['cpu', 'memory'];
  const bestEffort = !names.some((name) => name in container.requests || name in container.limits);
  const matches = (scope: string) => {
    if (scope === 'NotTerminating') return true;
    if (scope === 'BestEffort') return bestEffort;
    if (scope === 'NotBestEffort') return !bestEffort;
    return false;
  };
  const scopes = [
    ...(spec?.scopes ?? []),
    ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName }) => scopeName),
  ];
  return scopes.every(matches);
}

/** What a LimitRange fills in where nothing is set (`plugin/pkg/admission/limitranger`). */
export function withDefaults(container: ContainerDemand, ranges: readonly V1LimitRange[]): ContainerDemand {
  const limits = { ...container.limits };
  const requests = { ...container.requests };
  for (const item of itemsOf(ranges, 'Container')) {
    for (const [name, value] of Object.entries(defaultsOf(item))) limits[name] ??= amount(value);
    for (const [name, value] of Object.entries(item.defaultRequest ?? {})) requests[name] ??= amount(value);
  }
  for (const [name, value] of Object.entries(limits)) requests[name] ??= value;
  return { requests, limits };
}

/** The field is called `default` in the API's JSON, and `_default` in the client's model. */
function defaultsOf(item: V1LimitRangeItem & { default?: Record<string, string> }): Record<string, string> {
  return item.default ?? item._default ?? {};
}

/** @param container with defaults filled in */
export function limitProblems(
  ranges: readonly V1LimitRange[],
  container: ContainerDemand,
  volumeGiB: number,
): Problem[] {
  const compute = [...itemsOf(ranges, 'Container'), ...itemsOf(ranges, 'Pod')].flatMap((item) => [
    ...Object.entries(item.max ?? {}).flatMap(([name, most]) => {
      const value = container.limits[name];
      if (value === undefined) return [`${name}: a limit is wanted, at most ${most} (${item.type})`];
      return value > amount(most)
        ? [`${name}: ${show(name, value)} is more than ${most}, the most per ${item.type}`]
        : [];
    }),
    ...Object.entries(item.min ?? {}).flatMap(([name, least]) => {
      const value = container.requests[name];
      if (value === undefined) return [`${name}: a request is wanted, at least ${least} (${item.type})`];
      return value < amount(least)
        ? [`${name}: ${show(name, value)} is less than ${least}, the least per ${item.type}`]
        : [];
    }),
    ...Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) => {
      const [limit, request] = [container.limits[name], container.requests[name]];
      return limit && request && limit / request > amount(ratio) + 1e-9
        ? [`${name}: the limit is more than ${ratio} times the request`]
        : [];
    }),
  ]);
  const volume = itemsOf(ranges, 'PersistentVolumeClaim').flatMap(({ min, max }) => [
    ...(max?.['storage'] && volumeGiB * gibi > amount(max['storage'])
      ? [`storage: ${volumeGiB} GiB is more than ${max['storage']}, the most per volume`]
      : []),
    ...(min?.['storage'] && volumeGiB * gibi < amount(min['storage'])
      ? [`storage: ${volumeGiB} GiB is less than ${min['storage']}, the least per volume`]
      : []),
  ]);
  return [...compute, ...volume].map(quotaProblem);
}

function itemsOf(ranges: readonly V1LimitRange[], type: string): V1LimitRangeItem[] {
  return ranges.flatMap(({ spec }) => spec?.limits ?? []).filter((item) => item.type === type);
}

const quotaProblem = (message: string): Problem => ({ reason: 'quota-exceeded', params: { message } });

/** As people write it: `4 GiB`, `512 MiB`, `0.25`. */
export function show(resource: string, value: number): string {
  if (!/memory|storage/.test(resource)) return String(Math.round(value * 1000) / 1000);
  const gib = value / gibi;
  return gib >= 1 || value === 0 ? `${Math.round(gib * 100) / 100} GiB` : `${Math.round(value / 2 ** 20)} MiB`;
}
