import CPosix

/// The process's memory.
package enum ProcessMemory {
  /// Configures the allocator for multi-megabyte buffers on few threads. Call it first: settings do not apply to
  /// existing arenas.
  package static func configure() { cposix_configure_allocator() }
}
