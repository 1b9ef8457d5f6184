import type { PoolStats, SourceBlocks } from './metrics-sources.ts'

interface MetricName<From> {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Nothing where the gateway has no such part. */
  readonly value: (from: From) => number | null | undefined
}

type Value<From> = MetricName<From>['value']

function counter<From>(name: string, help: string, value: Value<From>): MetricName<From> {
  return { name, type: 'counter', help, value }
}

function gauge<From>(name: string, help: string, value: Value<From>): MetricName<From> {
  return { name, type: 'gauge', help, value }
}

/** What the parts of the gateway count, as a monitoring system calls it. */
export const BLOCK_METRICS: readonly MetricName<SourceBlocks>[] = [
  gauge(
    'ucr_requests_in_flight',
    'Requests under way, without those about the gateway itself.',
    ({ inFlight }) => inFlight,
  ),
  counter('ucr_fast_path_answers_total', 'Answers that passed untranslated.', ({ plans }) => plans?.fastPath),
  counter('ucr_vendor_answers_total', 'Complete answers that vendors gave.', ({ plans }) => plans?.total),
  counter('ucr_response_cache_hits_total', 'Answers from the cache.', ({ responseCache }) => responseCache?.hits),
  counter('ucr_response_cache_misses_total', 'Answers not in it.', ({ responseCache }) => responseCache?.misses),
  counter(
    'ucr_response_cache_evictions_total',
    'Answers without room.',
    ({ responseCache }) => responseCache?.evictions,
  ),
  gauge('ucr_response_cache_entries', 'Answers in the cache.', ({ responseCache }) => responseCache?.size),
  gauge('ucr_response_cache_bytes', 'Their size.', ({ responseCache }) => responseCache?.calculatedSize),
  gauge('ucr_response_cache_max_bytes', 'The most they may have.', ({ responseCache }) => responseCache?.maxSize),
  counter('ucr_warm_cache_hits_total', 'Values found in L1 or L2.', ({ cacheManager }) => cacheManager?.hits),
  counter('ucr_warm_cache_misses_total', 'Values in neither.', ({ cacheManager }) => cacheManager?.misses),
  counter('ucr_warm_cache_evictions_total', 'Values without room.', ({ cacheManager }) => cacheManager?.evictions),
  gauge('ucr_warm_cache_l1_entries', 'Values in L1.', ({ cacheManager }) => cacheManager?.l1Size),
  gauge('ucr_warm_cache_l2_entries', 'Values in L2.', ({ cacheManager }) => cacheManager?.l2Size),
  gauge('ucr_warm_cache_bytes', 'Their size, about.', ({ cacheManager }) => cacheManager?.bytes),
  gauge('ucr_token_count_cache_entries', 'Token counts kept.', ({ metadata }) => metadata?.tokenCountCacheSize),
  gauge('ucr_coalescing_in_flight', 'Calls that others can join.', ({ coalescing }) => coalescing?.inFlight),
  counter('ucr_coalescing_leaders_total', 'Requests that made such a call.', ({ coalescing }) => coalescing?.leaders),
  counter('ucr_coalescing_followers_total', 'Requests that joined one.', ({ coalescing }) => coalescing?.followers),
  gauge('ucr_dns_cache_entries', 'Host names whose addresses are known.', ({ dns }) => dns?.size),
  counter('ucr_dns_cache_hits_total', 'Look-ups from the cache.', ({ dns }) => dns?.hits),
  counter('ucr_dns_cache_misses_total', 'Look-ups made.', ({ dns }) => dns?.misses),
  counter('ucr_dns_stale_total', 'Old addresses used as a look-up failed.', ({ dns }) => dns?.stale),
  counter('ucr_dns_errors_total', 'Look-ups that failed.', ({ dns }) => dns?.errors),
  counter('ucr_compressed_replies_total', 'Replies compressed.', ({ compression }) => compression?.responses),
  counter('ucr_compression_input_bytes_total', 'Bytes before.', ({ compression }) => compression?.bytesIn),
  counter('ucr_compression_output_bytes_total', 'Bytes after.', ({ compression }) => compression?.bytesOut),
  gauge('ucr_sessions_active', 'Sessions that are kept.', ({ sessionStore }) => sessionStore?.active),
  gauge('ucr_sessions_stored', 'The same with those not swept yet.', ({ sessionStore }) => sessionStore?.total),
  counter('ucr_sessions_created_total', 'Sessions begun.', ({ sessionEvents }) => sessionEvents?.created),
  counter('ucr_sessions_evicted_total', 'Sessions without room.', ({ sessionEvents }) => sessionEvents?.evicted),
  counter('ucr_sessions_expired_total', 'Sessions whose time was over.', ({ sessionEvents }) => sessionEvents?.expired),
  counter('ucr_session_turns_total', 'Turns added to sessions.', ({ sessionEvents }) => sessionEvents?.appended),
  counter('ucr_session_failures_total', 'Turns whose answer failed.', ({ sessionEvents }) => sessionEvents?.failed),
  gauge('ucr_keys_configured', 'Keys of the config that are accepted.', ({ keys }) => keys?.configured),
  gauge('ucr_keys_stored', 'Keys made while the gateway ran that are accepted.', ({ keys }) => keys?.stored),
  counter('ucr_config_reloads_total', 'Times that a process took a changed config.', ({ config }) => config?.taken),
  counter('ucr_config_refusals_total', 'Times that it did not, for its errors.', ({ config }) => config?.refused),
  gauge(
    'ucr_config_outdated',
    'Processes that use the config from before, because the one in the file has errors.',
    ({ config }) => config?.outdated,
  ),
  counter('ucr_workers_replaced_total', 'Workers that others took the place of.', ({ replaced }) => replaced?.total),
  counter(
    'ucr_workers_hung_total',
    'Those of them that hung, and were killed for it.',
    ({ replaced }) => replaced?.hung,
  ),
  gauge(
    'ucr_event_loop_lag_p50_seconds',
    'How late the event loop was within the last minute, half of the time at most.',
    ({ loopLag }) => loopLag && loopLag.p50 / 1000,
  ),
  gauge('ucr_event_loop_lag_p99_seconds', '99 of 100 times at most.', ({ loopLag }) => loopLag && loopLag.p99 / 1000),
  gauge('ucr_event_loop_lag_max_seconds', 'At most.', ({ loopLag }) => loopLag && loopLag.max / 1000),
  counter('ucr_reasoning_kept_total', 'Turns whose reasoning was kept.', ({ reasoning }) => reasoning?.kept),
  counter('ucr_reasoning_restored_total', 'Turns that got theirs back.', ({ reasoning }) => reasoning?.restored),
  counter(
    'ucr_reasoning_missed_total',
    'Turns with calls and no reasoning kept.',
    ({ reasoning }) => reasoning?.missed,
  ),
  counter('ucr_reasoning_failures_total', 'Failures of its store.', ({ reasoning }) => reasoning?.failed),
  counter('ucr_rate_limited_total', 'Requests over a rate limit.', ({ admission }) => admission?.rateLimited),
  counter('ucr_overloaded_total', 'Requests without memory for them.', ({ admission }) => admission?.overloaded),
  counter('ucr_wrong_credentials_total', 'Wrong keys and tokens.', ({ admission }) => admission?.wrongCredentials),
  counter(
    'ucr_rate_limits_without_store_total',
    'Counts made while Redis could not be asked.',
    ({ admission }) => admission?.uncounted,
  ),
  gauge('ucr_alerts_firing', 'Alert rules that are broken.', ({ alerts }) => alerts?.firing),
  counter('ucr_alert_messages_sent_total', 'Messages that a destination took.', ({ alerts }) => alerts?.sent),
  counter('ucr_alert_messages_failed_total', 'Messages given up.', ({ alerts }) => alerts?.failed),
  counter('ucr_alert_messages_dropped_total', 'Messages without room to wait.', ({ alerts }) => alerts?.dropped),
  gauge('ucr_providers_checked', 'Providers that were checked.', ({ providerChecks }) => providerChecks?.checked),
  gauge('ucr_providers_down', 'Those that are down.', ({ providerChecks }) => providerChecks?.down),
  gauge('ucr_memory_used_ratio', 'Used share of the nearer memory limit.', ({ memory }) => memory?.ratio),
  gauge('ucr_memory_limit_bytes', 'That limit.', ({ memory }) => memory?.limitBytes),
  gauge(
    'ucr_memory_shedding',
    '1 while requests are refused for it.',
    ({ memory }) => memory && Number(memory.shedding),
  ),
  counter('ucr_memory_pressure_total', 'Times memory ran short.', ({ memory }) => memory?.events),
]

/** Of each origin. */
export const POOL_METRICS: readonly MetricName<PoolStats>[] = [
  gauge('ucr_upstream_connections', 'Connections that stand.', ({ connected }) => connected),
  gauge('ucr_upstream_connections_running', 'Those that serve a call.', ({ running }) => running),
  gauge('ucr_upstream_connections_free', 'Those that wait for one.', ({ free }) => free),
  gauge('ucr_upstream_calls_pending', 'Calls that wait for a connection.', ({ pending }) => pending),
  counter('ucr_upstream_connections_opened_total', 'Connections opened.', ({ opened }) => opened),
  counter('ucr_upstream_connections_closed_total', 'Connections closed.', ({ closed }) => closed),
  counter('ucr_upstream_requests_total', 'Calls.', ({ requests }) => requests),
  counter('ucr_upstream_connection_errors_total', 'Connections that failed.', ({ errors }) => errors),
]
