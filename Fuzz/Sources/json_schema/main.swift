import FuzzDriver
import JSONFuzzEntries

_ = FuzzDriver.run { bytes, count in
    JSONFuzzEntries.schema(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
