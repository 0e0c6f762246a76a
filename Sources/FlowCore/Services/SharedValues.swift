/// Values shared within one run, one of each type. Modules above the framework use it to pass values to their
/// processors and services. Thread-safe.
package final class SharedValues: Sendable {
  private let values = Locked<[ObjectIdentifier: any Sendable]>([:])

  package init() {}

  /// The run's value of a type; created on first use.
  package func value<Value: Sendable>(of type: Value.Type = Value.self, orMake make: () -> Value) -> Value {
    values.withLock { values in
      if let value = values[ObjectIdentifier(type)] as? Value { return value }
      // Created under the lock, so that all callers share one value.
      let value = make()
      values[ObjectIdentifier(type)] = value
      return value
    }
  }

  /// Sets a value. Call it before the run starts: later callers of `value` would not see the replacement of a value
  /// already handed out.
  package func put<Value: Sendable>(_ value: Value) { values.withLock { $0[ObjectIdentifier(Value.self)] = value } }
}
