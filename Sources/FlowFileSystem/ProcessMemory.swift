import CPosix

/// The process's memory.
package enum ProcessMemory {
  /// Sets the allocator up for buffers of megabytes on few threads. Call it first; later it has less to decide.
  package static func configure() { cposix_configure_allocator() }
}
