// The gateway under PM2: docs/guide/running.md. One program: its workers are its own (`--workers`), as they know of each other.
module.exports = {
  apps: [
    {
      name: 'ucr',
      script: 'ucr',
      args: ['start', '--workers', 'auto'],
      interpreter: 'none',
      exec_mode: 'fork',
      instances: 1,
      // Longer than `server.drainTimeout`: streams under way may finish.
      kill_timeout: 40_000,
      max_restarts: 10,
      exp_backoff_restart_delay: 200,
      env: { NODE_ENV: 'production' },
    },
  ],
}
