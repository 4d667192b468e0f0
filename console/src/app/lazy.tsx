import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../ui/problem";
import { Loading } from "../ui/states";

/** A component whose script is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [, redraw] = useState(0);
    const [error, setError] = useState<unknown>(null);
    const start = () => {
      setError(null);
      load().then((component) => {
        loaded = component;
        redraw((count) => count + 1);
      }, setError);
    };
    useEffect(() => {
      if (!loaded) start();
    }, []);
    const Component = loaded;
    if (Component) return <Component {...props} />;
    return error === null ? <Loading /> : <Failure error={error} retry={start} />;
  };
}
