import FuzzDriver
import FuzzEntries

_ = FuzzDriver.run { bytes, count in
    FuzzEntries.walk(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
