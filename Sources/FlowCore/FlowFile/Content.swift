/// A FlowFile's content: nothing, bytes, typed rows, or a file.
package enum Content: Sendable, Equatable {
  case empty
  case bytes([UInt8])
  case records(RecordBatch)
  case claim(ContentClaim)

  /// In memory.
  package var sizeBytes: Int {
    switch self {
    case .empty: 0
    case .bytes(let bytes): bytes.count
    case .records(let batch): batch.sizeBytes
    case .claim: 256
    }
  }

  /// In memory, once it is loaded.
  package var loadedSizeBytes: Int { if case .claim(let claim) = self { claim.sizeBytes } else { sizeBytes } }

  package static func == (left: Content, right: Content) -> Bool {
    switch (left, right) {
    case (.empty, .empty): true
    case (.bytes(let left), .bytes(let right)): left == right
    case (.records(let left), .records(let right)): left == right
    case (.claim(let left), .claim(let right)): left === right
    default: false
    }
  }
}
