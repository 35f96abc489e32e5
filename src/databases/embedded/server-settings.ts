/** The settings of the embedded server. They are given at every start, so a new release of ours changes them for old clusters too. */
export function serverSettings(port: number, durable: boolean): string[] {
  const settings = { ...always, port, ...(durable ? {} : forgetful) };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const always = {
  listen_addresses: '127.0.0.1',
  // A socket's path may have 107 bytes and a data folder may lie deep; the loopback address has no such limit.
  unix_socket_directories: '',
  max_connections: 100,
  // The change feed may read the write-ahead log through a slot; a forgotten slot must not fill the disk.
  wal_level: 'logical',
  max_wal_senders: 4,
  max_replication_slots: 4,
  max_slot_wal_keep_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  // A laptop or a small container next to a gateway.
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_checkpoints: 'off',
  password_encryption: 'scram-sha-256',
  cluster_name: 'scrollback',
};

/** For tests: the quick way, and a crash of the machine may cost the data. */
const forgetful = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
