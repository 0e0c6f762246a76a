import FlowCore
import FlowErrors
import FlowTesting

/// Entries to write, and folders to write them to.
enum ErrorFolderFixture {
  static let batch: RecordBatch = {
    var batch = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer([1_767_571_200, Int64.min, Int64.max, 0])),
        .init(name: "value", values: .real([-0.0, 0, .infinity, 2.2250738585072014e-308]), isNull: [false, true, false, false]),
        .init(name: "zone \"x\"", values: .text(["", "a\"b\\\n\u{1}", "ä/€", "null"]), isNull: [false, false, false, false]),
      ], count: 4)
    batch.droppedCount = 3
    return batch
  }()

  static func entry(
    _ seed: UInt64 = 1, run: String = "run-1", processor: String = "invoke heart", cause: Cause = .serverError, content: Content = .empty,
    attributes: Attributes = ["participant": "P0001"], message: String = "status 500", seconds: Int64 = 1_767_571_200
  ) -> ErrorEntry {
    let random = SeededRandomSource(seed: seed)
    let ancestor = FlowFileID(random)
    let flowFile = FlowFile(
      id: FlowFileID(random), attributes: attributes, content: content, lineage: LineageID(1), ancestors: [ancestor],
      created: Instant(seconds: 0))
    var failure = FlowFileFailure(cause: cause, message: message, status: 500)
    failure.attempts = 5
    return ErrorEntry(
      flow: "fitbit", run: run, flowFile: flowFile, lineage: [ancestor.text, flowFile.id.text], processor: processor,
      processorType: "InvokeEndpoint", relationship: "failure", failure: failure, flowSHA256: "ab12",
      time: Instant(seconds: seconds))
  }

  static func folder(_ fixture: FileSystemFixture, _ fileSystem: (any FileSystem)? = nil) -> ErrorFolder {
    ErrorFolder(folder: fixture.path + "/errors", fileSystem: fileSystem ?? FailingFileSystem(fixture.fileSystem), lane: InlineLane())
  }
}

extension ErrorEntry {
  /// Everything but the lineage's number, which belongs to a run.
  func saysTheSame(as other: ErrorEntry) -> Bool {
    flow == other.flow && run == other.run && flowFile.id == other.flowFile.id && flowFile.attributes == other.flowFile.attributes
      && flowFile.content.isSame(as: other.flowFile.content) && flowFile.ancestors == other.flowFile.ancestors
      && lineage == other.lineage && processor == other.processor && processorType == other.processorType
      && relationship == other.relationship && failure == other.failure && flowSHA256 == other.flowSHA256 && time == other.time
  }
}

extension Content {
  /// Bit by bit: -0.0 is not 0.0, and a NaN is itself.
  func isSame(as other: Content) -> Bool { "\(self)" == "\(other)" }
}
