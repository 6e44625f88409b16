import FuzzDriver
import JSONFuzzEntries

_ = FuzzDriver.run { bytes, count in
    JSONFuzzEntries.syntax(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
