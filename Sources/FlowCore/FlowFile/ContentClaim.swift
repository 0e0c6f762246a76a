/// A file with a content that is too large to be carried (NiFi's content claim).
///
/// FlowFiles share the claim. When the last one that points at it is gone, the file is removed; what a killed process leaves is removed by the
/// next run (`ContentFolder`).
package final class ContentClaim: Sendable {
  package let path: String
  package let sizeBytes: Int
  private let remove: @Sendable (_ path: String) -> Void

  /// - Parameter remove: called once, on any thread.
  package init(path: String, sizeBytes: Int, remove: @escaping @Sendable (_ path: String) -> Void) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.remove = remove
  }

  deinit { remove(path) }
}
