/// Runs `body`, then `close`, whether or not `body` throws.
///
/// Rethrows the error of `body`; an error of `close` after it is dropped because it would hide the cause. If `body`
/// returns, an error of `close` is thrown, because the last writes may be lost.
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

/// The synchronous form.
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
