import CPosix

/// Standard input, output and error of this process.
package enum StandardDescriptors {
  /// Keeps their numbers from files. Whoever starts the program may have closed them, and the next file that is opened gets the lowest free number: what is
  /// meant for standard error would be written into a database or another file. Call it before anything is opened.
  package static func reserve() { precondition(cposix_open_standard_descriptors() == 0, "the standard descriptors are closed, and /dev/null cannot be opened") }
}
