/// Runs `body`, then `close`, however `body` ends.
///
/// Throws what `body` throws. What closing throws then as well is dropped: it would hide the reason. Where `body` returns, a failure to
/// close is thrown, for what was written last may be lost.
package func withClosing<Value>(_ body: () async throws -> Value, close: () async throws -> Void) async throws -> Value {
  let value: Value
  do {
    value = try await body()
  } catch {
    do { try await close() } catch _ {}
    throw error
  }
  try await close()
  return value
}

/// The same for what does not wait.
package func withClosing<Value>(_ body: () throws -> Value, close: () throws -> Void) throws -> Value {
  let value: Value
  do {
    value = try body()
  } catch {
    do { try close() } catch _ {}
    throw error
  }
  try close()
  return value
}
