import FlowExpression
import Testing

@Suite("Edge cases of functions")
struct FunctionFamilyTests {
  @Test(
    "text counts UTF-16 units and compares code units",
    arguments: [
      Row("${a:length()}", ["a": "😀é"], "3"),
      Row("${a:substring(0, 2)}", ["a": "😀é"], "😀"),
      Row("${a:indexOf('é')}", ["a": "😀é"], "2"),
      Row("${a:equals('e\u{301}')}", ["a": "é"], "false"),
      Row("${a:contains('e')}", ["a": "e\u{301}"], "true"),
      Row("${a:replace('e', 'a')}", ["a": "e\u{301}"], "a\u{301}"),
      Row("${a:replace('', '-')}", ["a": "ab"], "-a-b-"),
      Row("${a:toUpper()}", ["a": "straße"], "STRASSE"),
      Row("${a:padLeft(6, 'xy')}|${a:padRight(6, '')}", ["a": "ab"], "xyxyab|ab____"),
      Row("${a:lastIndexOf('')}", ["a": "abc"], "3"),
      Row("${a:substringBefore(${missing})}", ["a": "abc"], "error: argument 1 of 'substringBefore' has no value"),
    ])
  func text(row: Row) { #expect(value(row.text, row.attributes) == row.result) }

  @Test(
    "numbers behave as in Java",
    arguments: [
      Row("${literal('9223372036854775807'):plus(1)}", "-9223372036854775808"),
      Row(
        "${literal('9223372036854775808'):plus(1)}",
        "error: '9223372036854775808' does not fit a whole number of 64 bits"),
      Row("${literal(1):divide(0)}", "error: a whole number divided by 0"),
      Row("${literal('-9223372036854775808'):divide(-1)}", "-9223372036854775808"),
      Row("${literal(1):divide(0.0)}", "Infinity"),
      Row(
        "${literal(7):divide(2)} ${literal(-7):divide(2)} ${literal(-7):mod(2)} ${literal(7):divide(2.0)}",
        "3 -3 -1 3.5"),
      Row(
        "${literal(10000000):multiply(1.0)} ${literal(0.0001):plus(0)} ${literal(0.001):plus(0)}", "1.0E7 1.0E-4 0.001"),
      Row("${literal(100):multiply(1.1)}", "110.00000000000001"),
      Row(
        "${literal('1e19'):toNumber()} ${literal('NaN'):toNumber()} ${literal('-1e19'):toNumber()}",
        "9223372036854775807 0 -9223372036854775808"),
      Row("${literal(' 12 '):plus(1)} ${literal('1 2'):plus(1)}|${literal('12x'):gt(1)}", "13 |false"),
      Row("${literal(-255):toRadix(16)} ${literal(5):toRadix(99)} ${literal('-ff'):fromRadix(16)}", "-ff 5 -255"),
      Row(
        "${literal(2.5):math('round')} ${literal('-2.5'):math('round')} ${literal(0.49999999999999994):math('round')}",
        "3 -2 0"),
      Row(
        "${literal(-7):math('floorMod', 3)} ${literal(-7):math('floorDiv', 3)} ${literal(-7):math('ceilDiv', 3)}",
        "2 -3 -2"),
      Row("${literal(4):math('sqrt')}", "error: 'math' has no function 'sqrt' for a whole number"),
      Row("${literal(4.0):math('sqr')}", "error: 'math' has no function 'sqr' for a decimal number; did you mean 'sqrt'?"),
      Row("${math('random'):lt(1)}", "true"),
    ])
  func numbers(row: Row) { #expect(value(row.text, row.attributes) == row.result) }

  @Test(
    "regular expressions behave as in Java",
    arguments: [
      Row("${a:matches('\\\\d+')}", ["a": "٣"], "false"),
      Row("${a:matches('\\\\w')}", ["a": "é"], "false"),
      Row("${a:matches('[\\\\w.-]+')}", ["a": "a-b.c"], "true"),
      Row("${a:matches('[^\\\\d\\\\s]+')}", ["a": "ab"], "true"),
      Row("${a:matches('[\\\\W]')}", ["a": "é"], "true"),
      Row("${a:matches('\\\\p{Alpha}+')}", ["a": "ab"], "true"),
      Row("${a:matches('a}')}", ["a": "a}"], "true"),
      Row("${a:matches('[]a]+')}", ["a": "a]"], "true"),
      Row("${a:matches('[+--]')}", ["a": ","], "true"),
      Row("${a:matches('\\\\x{61}')}", ["a": "a"], "true"),
      Row("${a:matches('(?u)a|b')}", ["a": "b"], "true"),
      Row("${a:matches('(?i)ABC')}", ["a": "abc"], "true"),
      Row("${a:matches('(?x) a b # comment')}", ["a": "ab"], "true"),
      Row("${a:matches('a|ab')}", ["a": "ab"], "true"),
      Row("${a:matches('a')}", ["a": "a\n"], "false"),
      Row("${a:replaceAll('(?<y>\\\\d+)-(\\\\d+)', '$${y}/$2')}", ["a": "12-34"], "12/34"),
      Row("${a:replaceAll('(a)', '$12')}", ["a": "a"], "a2"),
      Row("${a:replaceAll('a', '\\\\$')}", ["a": "a"], "$"),
      Row("${a:replaceAll('a', '$1')}", ["a": "a"], "error: the replacement names group 1 of 0"),
      Row("${a:replaceAll('b', '$1')}", ["a": "a"], "a"),
      Row("${a:replaceAll('x*', '-')}", ["a": "ab"], "-a-b-"),
    ])
  func regularExpressions(row: Row) {
    // In the rows '\\\\' is two backslashes, which are one in a quoted text.
    #expect(value(row.text, row.attributes) == row.result)
  }

  @Test(
    "conditions without a subject",
    arguments: [
      Row("${missing:and(true)}|${missing:or(false)}|${missing:ifElse('a', 'b')}", "true|false|b"),
      Row("${missing:not()}", "error: 'not' has no condition to negate"),
      Row("${a:equals(3)} ${a:equals(3.0)} ${a:toNumber():equals('3')}", ["a": "3"], "true false true"),
      Row("${a:equalsIgnoreCase('ÄB')}", ["a": "äb"], "true"),
      Row("${missing:gt(1)} ${a:lt(${missing})} ${missing:in('')}", ["a": "1"], "false false false"),
    ])
  func conditions(row: Row) { #expect(value(row.text, row.attributes) == row.result) }

  @Test(
    "several attributes at once",
    arguments: [
      Row("${allMatchingAttributes('n.*'):join('|')}", ["n2": "b", "n1": "a", "m": "x"], "a|b"),
      Row("${anyDelineatedValue('a|b', '|'):equals('|')}", "true"),
      Row("${anyDelineatedValue('a|b', '\\\\|'):equals('|')}", "false"),
      Row("${allDelineatedValues('', ','):count()}", "1"),
      Row("${allAttributes('a'):append(${anyAttribute('b'):equals('y')}):join('')}", ["a": "x", "b": "y"], "xtrue"),
      Row("${anyAttribute('')}", "problem at 15: found an empty name; expected the name of an attribute"),
    ])
  func selections(row: Row) { #expect(value(row.text, row.attributes) == row.result) }

  @Test(
    "escapes and codes",
    arguments: [
      Row("${a:escapeJson()}", ["a": "\u{1}/é😀\""], "\\u0001\\/\\u00E9\\uD83D\\uDE00\\\""),
      Row("${a:unescapeJson()}", ["a": "\\u00e9\\/\\x\\101"], "é/xA"),
      Row("${a:unescapeJson()}", ["a": "\\u00"], "error: the text has '\\u' without four hexadecimal digits"),
      Row("${a:unescapeHtml4()}", ["a": "&lt;&#65;&#x42;&nope;&amp"], "<AB&nope;&amp"),
      Row("${a:escapeXml()}", ["a": "<\u{1}'\u{7F}>"], "&lt;&apos;&#127;&gt;"),
      Row("${a:unescapeCsv()}", ["a": "\"a\"\"b,\""], "a\"b,"),
      Row("${a:urlDecode()}", ["a": "%zz"], "error: '%zz' has a '%' without two hexadecimal digits"),
      Row("${a:base64Decode()}", ["a": "YQ"], "a"),
      Row("${a:base64Decode()}", ["a": "Y?=="], "error: 'Y?==' is not Base64"),
      Row("${missing:escapeXml()}|${missing:toUpper()}|", "||"),
      Row(
        "${a:hash('SHA-512')}", ["a": ""],
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
      ),
      Row("${a:UUID3('nope')}", ["a": "x"], "error: 'nope' is not a UUID"),
      Row("${getUri('https', null, 'example.org', -1, '/é ü', null, 'a b')}", "https://example.org/é%20ü#a%20b"),
    ])
  func escapes(row: Row) { #expect(value(row.text, row.attributes) == row.result) }
}
