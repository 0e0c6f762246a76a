import CPostgres

/// What an exchange waits for.
enum Readiness {
  case reading
  /// The socket took no more; an answer may come meanwhile.
  case writing
  case finished
}

/// One request to the server and its answer, made of steps that never block. Lives on its connection's queue.
protocol Exchange: AnyObject {
  /// Does what can be done now. Throws `ServerError`; after `lost` the connection is of no further use, after anything else it is idle.
  func advance(_ connection: OpaquePointer) throws -> Readiness
  /// Called once at the end, with the error if there was one.
  func finish(_ error: (any Error)?)
}

/// Calls of libpq that all exchanges make.
enum Line {
  /// Sends what is buffered and takes in what has come.
  static func exchange(_ connection: OpaquePointer) throws -> Readiness {
    let flushed = PQflush(connection)
    guard flushed >= 0, PQconsumeInput(connection) == 1 else { throw lost(connection) }
    return flushed == 0 ? .reading : .writing
  }

  static func lost(_ connection: OpaquePointer) -> ServerError { .lost(String(cString: PQerrorMessage(connection)).firstLine) }
}

/// A statement with its parameters.
struct Statement: Sendable {
  var sql: String
  var parameters: [Parameter]

  init(_ sql: String, _ parameters: [Parameter] = []) {
    self.sql = sql
    self.parameters = parameters
  }

  /// Hands the statement to libpq, which copies it.
  fileprivate func send(_ connection: OpaquePointer) throws {
    let types = parameters.map(\.type)
    let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: parameters.count)
    let sent = withPointers(parameters[...], []) { values in
      PQsendQueryParams(connection, sql, Int32(values.count), types, values, lengths, formats, 1)
    }
    guard sent == 1 else { throw Line.lost(connection) }
  }

  private func withPointers<Result>(
    _ rest: ArraySlice<Parameter>, _ pointers: [UnsafePointer<CChar>?], _ body: ([UnsafePointer<CChar>?]) -> Result
  ) -> Result {
    guard let first = rest.first else { return body(pointers) }
    guard let bytes = first.bytes else { return withPointers(rest.dropFirst(), pointers + [nil], body) }
    // An empty value still needs an address: none means NULL.
    return (bytes + (bytes.isEmpty ? [0] : [])).withUnsafeBytes { buffer in
      withPointers(rest.dropFirst(), pointers + [buffer.baseAddress?.assumingMemoryBound(to: CChar.self)], body)
    }
  }
}

/// Statements that are sent together; several travel in one round trip (libpq's pipeline mode). The first that fails ends them.
final class StatementExchange<Value: Sendable>: Exchange {
  private let statements: [Statement]
  private let read: @Sendable ([Answer]) throws -> Value
  private let completion: (Result<Value, any Error>) -> Void
  private var isSent = false
  private var results: [OpaquePointer] = []
  private var error: ServerError?
  private var value: Value?
  private var isPipeline: Bool { statements.count > 1 }

  /// - Parameter read: gets one answer for each statement.
  init(
    _ statements: [Statement], read: @escaping @Sendable ([Answer]) throws -> Value, completion: @escaping (Result<Value, any Error>) -> Void
  ) {
    precondition(!statements.isEmpty, "an exchange has a statement")
    self.statements = statements
    self.read = read
    self.completion = completion
  }

  deinit { for result in results { PQclear(result) } }

  func advance(_ connection: OpaquePointer) throws -> Readiness {
    if !isSent { try send(connection) }
    let readiness = try Line.exchange(connection)
    guard try isComplete(connection) else { return readiness }
    if isPipeline, PQexitPipelineMode(connection) != 1 { throw Line.lost(connection) }
    if let error { throw error }
    value = try read(results.map(Answer.init))
    return .finished
  }

  private func send(_ connection: OpaquePointer) throws {
    isSent = true
    if isPipeline, PQenterPipelineMode(connection) != 1 { throw Line.lost(connection) }
    for statement in statements { try statement.send(connection) }
    if isPipeline, PQpipelineSync(connection) != 1 { throw Line.lost(connection) }
  }

  /// Takes the results that have come; true after the last.
  private func isComplete(_ connection: OpaquePointer) throws -> Bool {
    while PQisBusy(connection) == 0 {
      guard let result = PQgetResult(connection) else {
        // In a pipeline this separates the answers of two statements.
        if isPipeline { continue }
        return true
      }
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        PQclear(result)
        return true
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: results.append(result)
      case PGRES_PIPELINE_ABORTED: PQclear(result)
      default:
        error = error ?? ServerError(result)
        PQclear(result)
        if PQstatus(connection) == CONNECTION_BAD { throw Line.lost(connection) }
      }
    }
    return false
  }

  func finish(_ error: (any Error)?) {
    if let error { return completion(.failure(error)) }
    guard let value else { preconditionFailure("an exchange without an error has a value") }
    completion(.success(value))
  }
}

/// Rows for COPY, made piece by piece.
protocol CopySource: Sendable {
  /// The next bytes in COPY's binary format, header and trailer included; nil after the last. An error ends the COPY without a row.
  mutating func next() throws -> [UInt8]?
}

/// A COPY into a table. Not in pipeline mode, in which libpq 15 accepts it and then waits forever.
final class CopyExchange: Exchange {
  private enum Phase { case starting, waitingForServer, copying, ending }

  private let sql: String
  private var source: any CopySource
  private let completion: (Result<Int, any Error>) -> Void
  private var phase = Phase.starting
  private var count = 0
  private var error: (any Error)?

  init(_ sql: String, _ source: any CopySource, completion: @escaping (Result<Int, any Error>) -> Void) {
    self.sql = sql
    self.source = source
    self.completion = completion
  }

  func advance(_ connection: OpaquePointer) throws -> Readiness {
    if phase == .starting {
      guard PQsendQuery(connection, sql) == 1 else { throw Line.lost(connection) }
      phase = .waitingForServer
    }
    var readiness = try Line.exchange(connection)
    if phase == .waitingForServer {
      guard try hasAnswered(connection) else { return readiness }
    }
    while phase == .copying {
      // What the socket does not take would only collect in memory.
      guard readiness == .reading else { return .writing }
      try putNext(connection)
      readiness = try Line.exchange(connection)
    }
    guard phase != .ending || isComplete(connection) else { return readiness }
    if PQstatus(connection) == CONNECTION_BAD { throw Line.lost(connection) }
    if let error { throw error }
    return .finished
  }

  /// Whether the server has answered; it is then ready for rows, or has refused.
  private func hasAnswered(_ connection: OpaquePointer) throws -> Bool {
    guard PQisBusy(connection) == 0 else { return false }
    guard let result = PQgetResult(connection) else { throw Line.lost(connection) }
    defer { PQclear(result) }
    if PQresultStatus(result) == PGRES_COPY_IN {
      phase = .copying
    } else {
      error = ServerError(result)
      phase = .ending
    }
    return true
  }

  private func putNext(_ connection: OpaquePointer) throws {
    do {
      if let bytes = try source.next() {
        let put = bytes.withUnsafeBytes { PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count)) }
        guard put == 1 else { throw Line.lost(connection) }
        return
      }
      guard PQputCopyEnd(connection, nil) == 1 else { throw Line.lost(connection) }
    } catch let lost as ServerError {
      throw lost
    } catch {
      self.error = error
      guard PQputCopyEnd(connection, "the rows cannot be stored") == 1 else { throw Line.lost(connection) }
    }
    phase = .ending
  }

  private func isComplete(_ connection: OpaquePointer) -> Bool {
    while PQisBusy(connection) == 0 {
      guard let result = PQgetResult(connection) else { return true }
      if PQresultStatus(result) == PGRES_COMMAND_OK { count = Answer(result).changedCount } else { error = error ?? ServerError(result) }
      PQclear(result)
    }
    return false
  }

  func finish(_ error: (any Error)?) {
    if let error { completion(.failure(error)) } else { completion(.success(count)) }
  }
}
