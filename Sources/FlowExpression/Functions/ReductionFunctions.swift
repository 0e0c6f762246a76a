extension Function {
  /// Functions that combine several values into one; no function may follow them.
  static let reduction: [Function] = [
    Function(
      "count()", .reduction, "The number of values that exist and are not false.",
      Example("${allMatchingAttributes('n.*'):contains('2'):count()}", ["n1": "12", "n2": "3", "n3": "20"], gives: "2")
    ) { site throws(ExpressionProblem) in
      let isCounted: Compute<Bool>
      if case .boolean(let condition) = site.subject.form {
        isCounted = { e throws(EvaluationError) in try condition(e) ?? false }
      } else {
        let text = site.text
        isCounted = { e throws(EvaluationError) in try text(e) != nil }
      }
      var operand = Operand.whole { _ in nil }
      operand.reduction = .whole { e, values throws(EvaluationError) in
        var count: Int64 = 0
        for value in values where try isCounted(e.with(subject: value)) { count += 1 }
        return count
      }
      return operand
    },
    Function(
      "join(separator)", .reduction, "The values in sequence; a missing one counts as empty.",
      Example(
        "${allAttributes('first', 'last'):join(' ')}", ["first": "Ada", "last": "Lovelace"], gives: "Ada Lovelace")
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let separator = site.text(0)
      var operand = Operand.text { _ in nil }
      operand.reduction = .text { e, values throws(EvaluationError) in
        var result = ""
        for (index, value) in values.enumerated() {
          let each = e.with(subject: value)
          if index > 0 { result += try separator(each) ?? "" }
          result += try text(each) ?? ""
        }
        return result
      }
      return operand
    },
  ]
}
