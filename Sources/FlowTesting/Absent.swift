import FlowCore

/// Placeholder for tests without a file system: every call fails.
package struct NoFileSystem: FileSystem {
  package init() {}

  private func refusal(_ operation: String, _ path: String) -> FileSystemError {
    FileSystemError(operation: operation, path: path, errno: 38, reason: "this test has no file system")
  }
  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { throw refusal("open", path) }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] { throw refusal("read", path) }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { throw refusal("write", path) }
  package func synchronize(_ descriptor: Int32, path: String) throws { throw refusal("synchronize", path) }
  package func close(_ descriptor: Int32) {}
  package func rename(_ source: String, to destination: String) throws { throw refusal("rename", source) }
  package func removeFile(_ path: String) throws { throw refusal("remove", path) }
  package func removeFolder(_ path: String) throws { throw refusal("remove", path) }
  package func makeFolder(_ path: String) throws { throw refusal("make", path) }
  package func names(in folder: String) throws -> [String] { throw refusal("list", folder) }
  package func status(_ path: String) throws -> FileStatus? { throw refusal("read the status of", path) }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    throw refusal("lock", path)
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    throw refusal("unlock", path)
  }
  package func freeBytes(at path: String) throws -> Int64 { throw refusal("measure", path) }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { throw refusal("read the status of", path) }
}

/// Placeholder for tests without JSON: every document is rejected.
package struct NoRecordExtractor: RecordExtractor {
  package init() {}
  package func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch {
    throw refusal
  }
  package func text(at pointer: String, in document: [UInt8]) throws -> String? { throw refusal }
  private var refusal: ExtractionError {
    ExtractionError(isDocument: true, pointer: "", found: "a document", expected: "none: this test has no JSON extractor")
  }
}

/// Compiles plain text only; text with `${` is an error.
package struct NoExpressions: ExpressionCompiler {
  package init() {}
  package func compile(_ text: String) throws -> any AttributeExpression {
    if text.contains("${") {
      throw Diagnostic(.expressionSyntax, at: Diagnostic.Place(offset: 0), found: "an expression", expected: "plain text: this test has no expression language")
    }
    return PlainText(text: text)
  }

  private struct PlainText: AttributeExpression {
    var text: String
    var literal: String? { text }
    var attributeNames: Set<String> { [] }
    func evaluate(_ flowFile: FlowFile) -> String { text }
    func isTrue(for flowFile: FlowFile) -> Bool { false }
  }
}
