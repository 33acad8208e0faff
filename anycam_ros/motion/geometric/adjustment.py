import math
import numpy as np
from numba import njit
from anycam_ros.geometry.se3 import rotation_from_vector, orthonormalised
import os
@njit(cache=True)
def lin(first,pts,w,d,prior,pinfo,Ts,l,l0,Il,delta,H,g,Hcd,Hdd,gd):
    W=Ts.shape[0]; P=6*W+1
    f=math.exp(l)
    H[:]=0;g[:]=0;Hcd[:]=0
    cost=Il*(l-l0)**2
    H[P-1,P-1]+=Il; g[P-1]+=Il*(l-l0)
    A=np.zeros((2,6));B=np.zeros((2,6));Jl=np.zeros(2);Jd=np.zeros(2)
    for m in range(len(d)):
        a=first[m]
        cost+=pinfo[m]*(d[m]-prior[m])**2
        Hdd[m]=pinfo[m]; gd[m]=pinfo[m]*(d[m]-prior[m])
        Ra=Ts[a,:3,:3];ta=Ts[a,:3,3]
        px,py=pts[m,0,0],pts[m,0,1]
        x0,y0=px/f,py/f
        for k in range(1,pts.shape[1]):
            if w[m,k]<=0: continue
            j=a+k
            R=Ts[j,:3,:3]@Ra.T; t=Ts[j,:3,3]-R@ta
            X=R[0,0]*x0+R[0,1]*y0+R[0,2]+d[m]*t[0]
            Y=R[1,0]*x0+R[1,1]*y0+R[1,2]+d[m]*t[1]
            Z=R[2,0]*x0+R[2,1]*y0+R[2,2]+d[m]*t[2]
            if Z<0.05:
                cost+=w[m,k]*delta*delta*math.log(1+1e6/delta**2); continue
            u,v=X/Z,Y/Z; s=f/Z
            ru,rv=f*u-pts[m,k,0],f*v-pts[m,k,1]
            e2=ru*ru+rv*rv
            cost+=w[m,k]*delta*delta*math.log(1+e2/delta**2)
            wt=w[m,k]/(1+e2/delta**2)
            B[0,0]=s*d[m];B[0,2]=-s*d[m]*u;B[1,1]=s*d[m];B[1,2]=-s*d[m]*v
            B[0,3]=-f*u*v;B[0,4]=f*(1+u*u);B[0,5]=-f*v
            B[1,3]=-f*(1+v*v);B[1,4]=f*u*v;B[1,5]=f*u
            # anchor: -Ad(T_ja): [[R,[t]xR],[0,R]] for order (trans,rot)
            for q in range(2):
                for c in range(3):
                    A[q,c]=-(B[q,0]*R[0,c]+B[q,1]*R[1,c]+B[q,2]*R[2,c])
                # trans part through [t]x R for rot columns
                b0,b1,b2=B[q,0],B[q,1],B[q,2]
                # row b^T [t]x = (b1*t2-b2*t1 ...): b^T[t]x = (t x b)?? compute: [t]x = [[0,-t2,t1],[t2,0,-t0],[-t1,t0,0]]
                c0=b1*t[2]-b2*t[1]; c1=-b0*t[2]+b2*t[0]; c2=b0*t[1]-b1*t[0]
                for c in range(3):
                    A[q,3+c]=-((B[q,3]+c0)*R[0,c]+(B[q,4]+c1)*R[1,c]+(B[q,5]+c2)*R[2,c])
            ex=-(R[0,0]*x0+R[0,1]*y0);ey=-(R[1,0]*x0+R[1,1]*y0);ez=-(R[2,0]*x0+R[2,1]*y0)
            Jl[0]=f*u+s*(ex-u*ez);Jl[1]=f*v+s*(ey-v*ez)
            Jd[0]=s*(t[0]-u*t[2]);Jd[1]=s*(t[1]-v*t[2])
            Hdd[m]+=wt*(Jd[0]**2+Jd[1]**2); gd[m]+=wt*(Jd[0]*ru+Jd[1]*rv)
            # inverse depth is carried scaled with translation (points scaled by d): anchors rot/trans act on X*d -> translation columns scaled by d in B
            for c in range(6):
                ga=A[0,c]*ru+A[1,c]*rv; gb=B[0,c]*ru+B[1,c]*rv
                g[6*a+c]+=wt*ga; g[6*j+c]+=wt*gb
                Hcd[m,6*a+c]+=wt*(A[0,c]*Jd[0]+A[1,c]*Jd[1]); Hcd[m,6*j+c]+=wt*(B[0,c]*Jd[0]+B[1,c]*Jd[1])
                hl=wt*(A[0,c]*Jl[0]+A[1,c]*Jl[1]); H[6*a+c,P-1]+=hl;H[P-1,6*a+c]+=hl
                hl=wt*(B[0,c]*Jl[0]+B[1,c]*Jl[1]); H[6*j+c,P-1]+=hl;H[P-1,6*j+c]+=hl
                for e in range(6):
                    H[6*a+c,6*a+e]+=wt*(A[0,c]*A[0,e]+A[1,c]*A[1,e])
                    H[6*j+c,6*j+e]+=wt*(B[0,c]*B[0,e]+B[1,c]*B[1,e])
                    x=wt*(A[0,c]*B[0,e]+A[1,c]*B[1,e])
                    H[6*a+c,6*j+e]+=x;H[6*j+e,6*a+c]+=x
            H[P-1,P-1]+=wt*(Jl[0]**2+Jl[1]**2);g[P-1]+=wt*(Jl[0]*ru+Jl[1]*rv)
            Hcd[m,P-1]+=wt*(Jl[0]*Jd[0]+Jl[1]*Jd[1])
    return cost
def ba(first,pts,w,d,prior,pinfo,Ts,l,l0,Il,delta,fixed,focal_free,iters):
    W=len(Ts);P=6*W+1;N=len(d)
    mk=lambda:(np.zeros((P,P)),np.zeros(P),np.zeros((N,P)),np.zeros(N),np.zeros(N))
    free=np.ones(P,bool)
    for i in fixed: free[6*i:6*i+6]=False
    free[-1]=focal_free
    fr=np.flatnonzero(free)
    a,b=mk(),mk()
    cost=lin(first,pts,w,d,prior,pinfo,Ts,l,l0,Il,delta,*a)
    lam=1e-4
    for it in range(iters):
        H,g,Hcd,Hdd,gd=a
        ok=False
        for tr in range(6):
            iv=1/((Hdd+1e-12)*(1+lam))
            C=Hcd[:,fr]
            S=H[np.ix_(fr,fr)].copy(); S[np.diag_indices(len(fr))]*=1+lam; S[np.diag_indices(len(fr))]+=1e-9
            S-=(C*iv[:,None]).T@C
            rhs=-(g[fr]-C.T@(iv*gd))
            dx=np.zeros(P);dx[fr]=np.linalg.solve(S,rhs)
            dx[-1]=np.clip(dx[-1],-.3,.3)
            dd=-iv*(gd+Hcd@dx)
            T2=Ts.copy()
            for i in range(W):
                if i in fixed: continue
                Rt=rotation_from_vector(dx[6*i+3:6*i+6])
                T2[i,:3,:3]=orthonormalised(Rt@Ts[i,:3,:3]);T2[i,:3,3]=Rt@Ts[i,:3,3]+dx[6*i:6*i+3]
            d2=np.maximum(d+dd,1e-3);l2=l+dx[-1]
            c2=lin(first,pts,w,d2,prior,pinfo,T2,l2,l0,Il,delta,*b)
            if c2<cost: ok=True;break
            lam*=6
        if not ok: break
        rel=(cost-c2)/cost
        Ts,d,l,cost=T2,d2,l2,c2;a,b=b,a;lam=max(lam/6,1e-9)
        if rel<1e-4:break
    H,g,Hcd,Hdd,gd=a
    S=H-(Hcd/(Hdd+1e-12)[:,None]).T@Hcd
    If=0.
    if focal_free:
        pf=[i for i in fr if i!=P-1]
        If=S[-1,-1]-S[-1,pf]@np.linalg.solve(S[np.ix_(pf,pf)]+1e-9*np.eye(len(pf)),S[pf,-1])
    return Ts,d,l,Hdd.copy(),If
def adjust(window,focal,delta):
    t=window.tracks
    W=len(window.T_camera_world)
    Ts=np.stack(window.T_camera_world)
    fixed=[0,1] if window.has_slid else [0]
    free=(W>=3) and not focal.is_given
    Ts,d,l,Hdd,If=ba(t.first_frame.astype(np.int64),t.points_px,t.weight,t.inverse_depth,t.prior,t.prior_information,Ts,math.log(focal.focal_px),focal.prior_log,focal.prior_information,delta,fixed,free,40 if W<=3 and not window.has_slid else 6)
    window.T_camera_world=list(Ts);t.inverse_depth=d;t.information=Hdd
    if free: focal.update(math.exp(l),If-focal.prior_information)
    window.focal_px=focal.focal_px
    return If
