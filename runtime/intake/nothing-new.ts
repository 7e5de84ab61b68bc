/** Thrown in the place of records: everything that the object has was published before, so that no run is to load it. */
export class NothingNew extends Error {
  override readonly name = 'NothingNew';
}
