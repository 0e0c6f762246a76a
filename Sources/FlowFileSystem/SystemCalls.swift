import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// C functions that share a name with a method of `FileSystem`.

func systemOpen(_ path: String, _ flags: Int32, _ mode: UInt32) -> Int32 { open(path, flags, mode_t(mode)) }
func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
func systemRename(_ source: String, _ destination: String) -> Int32 { rename(source, destination) }
func systemStatus(_ path: String, followsLinks: Bool) -> stat? {
  var status = stat()
  return (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 ? status : nil
}

/// Makes written data durable. On macOS, fsync(2) may leave it in the drive's cache; F_FULLFSYNC does not, where
/// supported.
func systemSynchronize(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
  #endif
  return fsync(descriptor)
}

/// The names in a folder without `.` and `..`, unsorted; nil with errno set on failure.
func systemNames(_ folder: String) -> [[UInt8]]? {
  guard let stream = opendir(folder) else { return nil }
  defer { closedir(stream) }
  var names: [[UInt8]] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else { break }
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) { names.append(name) }
  }
  return errno == 0 ? names : nil
}

/// The path without links, from the root on; nil with errno set on failure.
func systemResolved(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

private func systemErrorNumber() -> Int32 { errno }

extension FileSystemError {
  /// The failure of the last system call; reads errno.
  static func last(_ operation: String, _ path: String) -> FileSystemError {
    FileSystemError(operation, path, systemErrorNumber())
  }

  package init(_ operation: String, _ path: String, _ number: Int32) {
    self.init(operation: operation, path: path, errno: number, reason: String(cString: strerror(number)))
  }
}
